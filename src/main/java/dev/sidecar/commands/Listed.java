package dev.sidecar.commands;

import dev.sidecar.text.Limited;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/** Reads the lists of classes in {@code META-INF}. */
final class Listed {

    private static final int LONGEST = 65_536;

    private Listed() {}

    static Stream<String> in(String list) {
        try (InputStream names = Listed.class.getResourceAsStream(list)) {
            return names == null
                    ? Stream.of()
                    : new String(Limited.whole(names, LONGEST), StandardCharsets.UTF_8).lines();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Class<?> type(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(name + " is listed in META-INF and is not a class.", e);
        }
    }
}
