package dev.sidecar.loki;

import java.net.URI;
import java.util.Optional;

/** Reads Loki's address as an operator writes it. */
public final class LokiAddress {

    private LokiAddress() {}

    /** Finds the address to push lines to; empty if the text is not the address of an HTTP server. */
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

    /** Writes the address for a message, without a password that somebody put into it. */
    static String withoutLogin(URI address) {
        return address.toString().replaceAll("//[^/@]*@", "//***@");
    }
}
