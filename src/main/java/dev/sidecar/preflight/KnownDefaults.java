package dev.sidecar.preflight;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Recognises values that are no secrets: passwords that everybody tries first, and placeholders of example files. */
final class KnownDefaults {

    private static final int SHORTEST_PASSWORD = 12;
    private static final Set<String> TRIED_FIRST = Set.of(
            "admin",
            "administrator",
            "app",
            "backup",
            "changeit",
            "default",
            "grafana",
            "guest",
            "letmein",
            "monitor",
            "pass",
            "passw0rd",
            "password",
            "postgres",
            "prom-operator",
            "qwerty",
            "redis",
            "root",
            "secret",
            "sidecar",
            "staging",
            "supersecret",
            "test",
            "welcome");
    private static final Pattern PLACEHOLDER = Pattern.compile(
            "\\$\\{.*|\\{\\{.*|<.*>|\\[.*]|x{3,}|\\*{3,}|\\.{3,}|.*(change|replace)[-_ ]?(me|this|it).*|.*your[-_ ].*|todo|tbd|fixme"
                    + "|none|null|undefined|placeholder|dummy|insert.*here|.*example\\.(com|org|net).*|.*\\.(example|invalid)([:/].*)?"
                    + "|.*/services/(x+|t?0{3,}|t?x{3,}|\\.{3}|\u2026)(/.*)?|.*/your/.*|.*x{8,}.*|.*/(x{3,}|\u2026)(/.*)?|.*\u2026.*|.*<[^>]*>.*|.*\\$\\{.*"
                    + "|(.)\\1{15,}|.*[0-]{16,}.*|(0123456789(abcdef)?){2,}.*|(1234567890){2,}.*|(deadbeef){3,}.*");

    private KnownDefaults() {}

    /** Objects to a weak password, as the end of the sentence "it …"; the objection never holds the password itself. */
    static Optional<String> objectionToPassword(String value) {
        String plain = value.toLowerCase(Locale.ROOT).replaceAll("[0-9!?.@#$_-]+$", "");
        if (TRIED_FIRST.contains(plain) || value.matches("(.)\\1*|[0-9]{1,16}")) {
            return Optional.of("is one of the passwords that attackers try first");
        }
        Optional<String> placeholder = objectionToValue(value);
        if (placeholder.isEmpty() && value.length() < SHORTEST_PASSWORD) {
            return Optional.of("has fewer than " + SHORTEST_PASSWORD + " characters");
        }
        return placeholder;
    }

    /** Objects to any other value that a person had to fill in. */
    static Optional<String> objectionToValue(String value) {
        if (PLACEHOLDER.matcher(value.strip().toLowerCase(Locale.ROOT)).matches()) {
            return Optional.of("is a placeholder, not a value");
        }
        if (value.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
            return Optional.of("holds a line break or another control character");
        }
        return Optional.empty();
    }
}
