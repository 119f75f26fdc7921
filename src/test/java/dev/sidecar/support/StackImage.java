package dev.sidecar.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The images that the compose file names, each with its version. */
public final class StackImage {

    private static final Path COMPOSE_FILE = Path.of("docker-compose.staging.yml");
    private static final Pattern PIN = Pattern.compile("(?m)^  ([a-z-]+): &image-\\1 (\\S+)$");

    private StackImage() {}

    /** @param name under {@code x-images}, such as {@code postgres} or {@code node-exporter} */
    public static String of(String name) {
        String image = all().get(name);
        if (image == null) {
            throw new IllegalArgumentException(COMPOSE_FILE + " names no image " + name);
        }
        return image;
    }

    /** All of them by name. */
    public static Map<String, String> all() {
        Map<String, String> images = new TreeMap<>();
        try {
            PIN.matcher(Files.readString(COMPOSE_FILE))
                    .results()
                    .forEach(pin -> images.put(pin.group(1), pin.group(2)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return images;
    }
}
