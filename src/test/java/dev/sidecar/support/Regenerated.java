package dev.sidecar.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Files of the repository that are made from others. A test that compares one also leaves it here as it should be, and
 * {@code ./regenerate} takes it from here.
 */
public final class Regenerated {

    private static final Path DIRECTORY = Path.of("target", "regenerated");

    private Regenerated() {}

    /** @param file as it is called from the project's folder */
    public static void leave(Path file, String text) throws IOException {
        Path place = DIRECTORY.resolve(file);
        Files.createDirectories(place.getParent());
        Files.writeString(place, text);
    }
}
