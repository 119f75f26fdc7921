package dev.sidecar.backup;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.springframework.util.FileSystemUtils;

/**
 * The installed PostgreSQL with extensions of a test beside its own. Its programs find their other files from where they are themselves,
 * so they are copied to a tree of the same shape, and all else is linked. The user of the server may read it.
 */
final class ExtendedPrograms implements AutoCloseable {

    private final Path tree;
    private final Path bin;
    private final Path extensions;

    ExtendedPrograms(Path programs) throws IOException {
        tree = Files.createTempDirectory("sidecar-extended-");
        Path installed = programs.toRealPath();
        bin = inTree(installed);
        Files.createDirectories(bin);
        copy(installed, bin);
        Files.createSymbolicLink(bin.resolveSibling("lib"), installed.resolveSibling("lib"));
        String major = String.valueOf(installed.getParent().getFileName());
        Path share = Stream.of("../../../../share/postgresql/" + major, "../share/postgresql", "../share")
                .map(found -> installed.resolve(found).normalize())
                .filter(found -> Files.exists(found.resolve("extension/plpgsql.control")))
                .findFirst()
                .orElseThrow();
        extensions = inTree(share).resolve("extension");
        Files.createDirectories(extensions);
        link(share, inTree(share));
        link(share.resolve("extension"), extensions);
        tree.toFile().setExecutable(true, false);
        tree.toFile().setReadable(true, false);
    }

    private Path inTree(Path installed) {
        return tree.resolve(installed.toString().substring(1));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    private static void link(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(file -> !file.endsWith("extension")).toList()) {
                Files.createSymbolicLink(to.resolve(file.getFileName()), file);
            }
        }
    }

    Path bin() {
        return bin;
    }

    /** @param script the statements of CREATE EXTENSION */
    ExtendedPrograms with(String name, String script) throws IOException {
        Files.writeString(
                extensions.resolve(name + ".control"),
                "default_version = '1.0'\nrelocatable = false\nschema = %s\n".formatted(name));
        Files.writeString(extensions.resolve(name + "--1.0.sql"), script);
        return this;
    }

    @Override
    public void close() {
        try {
            FileSystemUtils.deleteRecursively(tree);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
