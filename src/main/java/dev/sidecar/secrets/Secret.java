package dev.sidecar.secrets;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * A password, token or secret URL. It cannot print itself: {@link #toString()} is {@code ***}, so that no log line, error or page
 * that mentions an object with a secret in it gives it away. A settings record takes it like any other value; the environment
 * variable also exists with {@code _FILE} at its end.
 */
public final class Secret {

    private final String value;

    private Secret(String value) {
        this.value = value;
    }

    /** @throws IllegalArgumentException if the value is empty: an empty secret is one that was forgotten */
    public static Secret of(String value) {
        if (value.isBlank()) {
            throw new IllegalArgumentException("a secret must not be empty");
        }
        return new Secret(value);
    }

    /** The value itself, to be used where it is handed over and nowhere else. */
    public String reveal() {
        return value;
    }

    /** Compares in constant time with what somebody presented. */
    public boolean matches(String presented) {
        return MessageDigest.isEqual(
                value.getBytes(StandardCharsets.UTF_8), presented.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Secret secret && matches(secret.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return "***";
    }
}
