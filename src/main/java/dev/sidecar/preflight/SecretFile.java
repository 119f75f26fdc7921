package dev.sidecar.preflight;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A secret of the stack.
 *
 * @param name its file in the directory of given secrets, for a person who wants to give it
 * @param purpose what it is, for the table
 * @param origin what happens when nobody gives it, or when somebody gives another one later
 * @param objection what is wrong with a given value
 * @param copies where it is kept, as {@code service/file}: one for each service that needs it
 */
record SecretFile(
        String name, String purpose, Origin origin, Function<String, Optional<String>> objection, List<String> copies) {

    enum Origin {
        /** Generated when not given; a new value holds from the next start on. */
        GENERATED,
        /** Generated when not given; the service takes it over at its first start only, so a later change needs a hand. */
        GENERATED_ONCE,
        /** Off when not given. */
        OPTIONAL
    }

    static SecretFile password(String name, String purpose, Origin origin, String... copies) {
        return new SecretFile(name, purpose, origin, KnownDefaults::objectionToPassword, List.of(copies));
    }

    static SecretFile channel(String name, String purpose, String pattern, String must, String... copies) {
        return new SecretFile(
                name,
                purpose,
                Origin.OPTIONAL,
                value -> KnownDefaults.objectionToValue(value)
                        .or(() -> value.matches(pattern) ? Optional.empty() : Optional.of("must be " + must)),
                List.of(copies));
    }
}
