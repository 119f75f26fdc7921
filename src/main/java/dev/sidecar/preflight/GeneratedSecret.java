package dev.sidecar.preflight;

import java.security.SecureRandom;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Generates secrets of letters and digits, which survive every file format and shell; 32 of them are 190 bits. */
final class GeneratedSecret implements Supplier<String> {

    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static final int LENGTH = 32;

    private final SecureRandom random = new SecureRandom();

    @Override
    public String get() {
        return random.ints(LENGTH, 0, ALPHABET.length())
                .mapToObj(index -> String.valueOf(ALPHABET.charAt(index)))
                .collect(Collectors.joining());
    }
}
