package dev.sidecar.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** With whose rights a program runs; PostgreSQL refuses to be started by root. */
public record UnixUser(String name, boolean switched) {

    /** The user of this JVM; for root {@code postgres} or {@code nobody} instead. */
    public static UnixUser unprivileged() {
        String current = System.getProperty("user.name");
        if (!current.equals("root")) {
            return new UnixUser(current, false);
        }
        return new UnixUser(exists("postgres") ? "postgres" : "nobody", true);
    }

    /** The user of this JVM, whoever that is. */
    public static UnixUser same() {
        return new UnixUser(System.getProperty("user.name"), false);
    }

    List<String> setprivOptions() {
        return switched ? List.of("--reuid", name, "--regid", gid(), "--clear-groups") : List.of();
    }

    private String gid() {
        return passwd(name).split(":")[3];
    }

    private static boolean exists(String name) {
        return !passwd(name).isEmpty();
    }

    private static String passwd(String name) {
        try {
            return Files.readAllLines(Path.of("/etc/passwd")).stream()
                    .filter(line -> line.startsWith(name + ":"))
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
