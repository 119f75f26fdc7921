package dev.sidecar.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/** A program that only writes down how it was started, and waits for its end. What the real one does with that is told where it runs. */
record StandInProgram(Path program, Path folder) {

    static StandInProgram at(Path program, Path folder) throws IOException {
        Files.createDirectories(program.getParent());
        Files.writeString(program, """
                #!/bin/sh
                env >"%1$s/environment.part"
                for argument; do printf '%%s\\n' "$argument"; done >"%1$s/arguments"
                mv "%1$s/environment.part" "%1$s/environment"
                exec sleep 1000
                """.formatted(folder));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return new StandInProgram(program, folder);
    }

    void awaitStart() {
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> Files.exists(folder.resolve("environment")));
    }

    List<String> arguments() throws IOException {
        return Files.readAllLines(folder.resolve("arguments"));
    }

    Map<String, String> environment() throws IOException {
        return Files.readAllLines(folder.resolve("environment")).stream()
                .filter(line -> line.matches("[A-Z0-9_]+=.*"))
                .collect(Collectors.toMap(
                        line -> line.substring(0, line.indexOf('=')), line -> line.substring(line.indexOf('=') + 1)));
    }
}
