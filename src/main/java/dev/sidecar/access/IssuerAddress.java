package dev.sidecar.access;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.Set;

/**
 * Judges the addresses of an issuer, most of which it chooses itself: with TLS, as whatever is plain HTTP beside the sidecar is its own
 * stack, which an issuer must not have it ask. Plain HTTP is for an issuer on this machine.
 */
final class IssuerAddress {

    private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final int LONGEST = 2_000;

    private IssuerAddress() {}

    static boolean isUsable(URI address) {
        return address.getHost() != null
                && address.getRawUserInfo() == null
                && address.getRawFragment() == null
                && address.toString().length() <= LONGEST
                && ("https".equals(address.getScheme()) || isPlainOfThisMachine(address));
    }

    /** Reads an address that the issuer gave. @return empty if it must not be used */
    static Optional<URI> read(URI issuer, String given) {
        try {
            URI address = new URI(given);
            return isUsable(address) && ("https".equals(address.getScheme()) || isPlainOfThisMachine(issuer))
                    ? Optional.of(address)
                    : Optional.empty();
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    private static boolean isPlainOfThisMachine(URI address) {
        return "http".equals(address.getScheme()) && THIS_MACHINE.contains(address.getHost());
    }
}
