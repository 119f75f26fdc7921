package dev.sidecar.loki;

import java.net.URI;
import java.util.Optional;

/** The address of Loki as an operator writes it. */
public final class LokiAddress {

    private LokiAddress() {}

    /** Where lines are pushed to; empty if this is no address of an HTTP server. */
    public static Optional<URI> push(String base) {
        try {
            URI uri = URI.create(base.strip());
            boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (!http || uri.getHost() == null || uri.getUserInfo() != null || uri.getQuery() != null) {
                return Optional.empty();
            }
            return Optional.of(URI.create(base.strip().replaceAll("/+$", "") + "/loki/api/v1/push"));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** For a message: a password that somebody put into the address stays out of it. */
    static String withoutLogin(URI address) {
        return address.toString().replaceAll("//[^/@]*@", "//***@");
    }
}
