package dev.sidecar.secrets;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * Holds a password, token or secret URL and cannot print it: {@link #toString()} is {@code ***}, so that no log line, error or page
 * that mentions an object with a secret in it gives it away. A settings record takes a secret like any other value; its environment
 * variable also exists with {@code _FILE} at the end.
 */
public final class Secret {

    private final String value;

    private Secret(String value) {
        this.value = value;
    }

    /** Wraps a value. @throws IllegalArgumentException if the value is empty: somebody forgot to fill it in */
    public static Secret of(String value) {
        if (value.isBlank()) {
            throw new IllegalArgumentException("a secret must not be empty");
        }
        return new Secret(value);
    }

    /** Gives the value away. Call it where the value is handed over and nowhere else. */
    public String reveal() {
        return value;
    }

    /** Compares with the value that a client presented, in constant time. */
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
