package dev.sidecar.stores;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

final class FolderSource implements Source {

    private static final int DEEPEST = 20;

    private final Path folder;

    FolderSource(Path folder) {
        this.folder = folder.toAbsolutePath().normalize();
    }

    @Override
    public List<Found> list() throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException("%s is no folder here; is it mounted?".formatted(folder));
        }
        // The folder itself may be a link: the operator named it.
        Path real = folder.toRealPath();
        List<Found> files = new ArrayList<>();
        Files.walkFileTree(real, Set.of(), DEEPEST, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile()) {
                    files.add(new Found(
                            real.relativize(file).toString(),
                            attributes.size(),
                            attributes.lastModifiedTime().toInstant()));
                }
                if (files.size() > MOST_FILES) {
                    throw new IOException("%s holds more than %d files".formatted(folder, MOST_FILES));
                }
                return FileVisitResult.CONTINUE;
            }

            /** A folder of somebody else's inside, such as lost+found, has no dump for us. */
            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (file.equals(real)) {
                    throw new IOException(
                            "user '%s' cannot read %s: %s".formatted(System.getProperty("user.name"), folder, failure),
                            failure);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return files;
    }

    /** Opens each folder on the way from the one before it, so that nobody can put a link into its place meanwhile. */
    @Override
    public InputStream open(String key) throws IOException {
        Path path;
        try {
            path = Path.of(key);
        } catch (InvalidPathException e) {
            throw new IOException(
                    "the name of '%s' cannot be written in this process's locale; give it one in UTF-8".formatted(key),
                    e);
        }
        for (Path step : path) {
            if (path.isAbsolute() || step.toString().equals("..")) {
                throw new NoSuchFileException(key);
            }
        }
        return read(OpenFolder.of(folder), path);
    }

    private static InputStream read(OpenFolder opened, Path path) throws IOException {
        try (opened) {
            return path.getNameCount() > 1
                    ? read(opened.folder(path.getName(0)), path.subpath(1, path.getNameCount()))
                    : opened.read(path);
        }
    }
}
