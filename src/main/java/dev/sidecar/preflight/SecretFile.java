package dev.sidecar.preflight;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Describes a secret of the stack.
 *
 * @param name name of its file in the directory of given secrets
 * @param purpose its use, for the report
 * @param origin the way it comes about if it is not given, and if a later one is
 * @param objection finds the fault of a given value
 * @param copies its files, as {@code service/file}: one for each service that needs it
 * @param offWhenEmpty an empty file switches the part off, as none does
 */
record SecretFile(
        String name,
        String purpose,
        Origin origin,
        Function<String, Optional<String>> objection,
        List<String> copies,
        boolean offWhenEmpty) {

    enum Origin {
        /** Generated if not given; a new value counts from the next start on. */
        GENERATED,
        /** Generated if not given; the service stores it at its first start only, so a later change needs a person. */
        GENERATED_ONCE,
        /** The part is off if it is not given. */
        OPTIONAL
    }

    static SecretFile password(String name, String purpose, Origin origin, String... copies) {
        return new SecretFile(name, purpose, origin, KnownDefaults::objectionToPassword, List.of(copies), false);
    }

    static SecretFile channel(String name, String purpose, String pattern, String must, String... copies) {
        return new SecretFile(
                name,
                purpose,
                Origin.OPTIONAL,
                value -> KnownDefaults.objectionToValue(value)
                        .or(() -> value.matches(pattern) && isUsable(value)
                                ? Optional.empty()
                                : Optional.of("must be " + must)),
                List.of(copies),
                true);
    }

    /** Whoever is told over the web is told by a client that reads addresses more strictly than a pattern does. */
    private static boolean isUsable(String value) {
        return !value.startsWith("http") || address(value).isPresent();
    }

    /** Reads an address of the web as a client does; empty if no client could use it. Its objections would hold the value. */
    static Optional<URI> address(String value) {
        try {
            URI address = new URI(value);
            boolean usable =
                    address.getHost() != null && address.getPort() != 0 && address.getPort() <= StackSettings.LAST_PORT;
            return usable ? Optional.of(address) : Optional.empty();
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }
}
