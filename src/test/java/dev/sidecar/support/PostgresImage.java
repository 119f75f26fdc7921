package dev.sidecar.support;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/**
 * PostgreSQL of a major that is not installed, taken out of its image of Debian. Its programs run on this machine, by the image's own
 * loader and libraries, as if they were installed: client and server, in containers of no kind.
 */
public final class PostgresImage {

    private static final String RUN = """
            #!/bin/sh
            exec %s --argv0 "$0" --library-path %s %s "$@"
            """;

    private PostgresImage() {}

    /**
     * @param image such as {@code postgres:18}
     * @param folder an empty one, for about 300 MB, that every user may enter
     * @return the folder of the programs
     */
    public static Path extract(String image, Path folder) throws IOException {
        Path library = Files.createDirectories(folder.resolve("usr/lib"));
        Path shared = Files.createDirectories(folder.resolve("usr/share"));
        try (Docker.Container container = Docker.start(image, List.of("--entrypoint", "sleep"), List.of("infinity"))) {
            Docker.docker("cp", container.id() + ":/usr/lib/.", library.toString());
            Docker.docker("cp", container.id() + ":/usr/share/postgresql", shared.toString());
        }
        Path loader = find(library, "ld-linux-.*\\.so\\..*");
        Path programs = find(library.resolve("postgresql"), "pg_dump").getParent();
        Path binaries = Files.move(programs, programs.resolveSibling("binaries"));
        Files.createDirectory(programs);
        try (Stream<Path> all = Files.list(binaries)) {
            for (Path binary : all.toList()) {
                Path program = programs.resolve(binary.getFileName());
                Files.writeString(
                        program,
                        RUN.formatted(loader, find(library, "libpq\\.so\\..*").getParent(), binary));
                Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
        return programs;
    }

    private static Path find(Path folder, String name) throws IOException {
        try (Stream<Path> files = Files.find(
                folder,
                8,
                (file, attributes) -> attributes.isRegularFile()
                        && file.getFileName().toString().matches(name),
                new FileVisitOption[0])) {
            return files.findFirst().orElseThrow(() -> new IOException("no file %s in %s".formatted(name, folder)));
        }
    }
}
