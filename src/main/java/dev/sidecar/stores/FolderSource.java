package dev.sidecar.stores;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

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
        List<Found> files = new ArrayList<>();
        Files.walkFileTree(folder, java.util.Set.of(), DEEPEST, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile()) {
                    files.add(new Found(
                            folder.relativize(file).toString(),
                            attributes.size(),
                            attributes.lastModifiedTime().toInstant()));
                }
                if (files.size() > MOST_FILES) {
                    throw new IOException("%s holds more than %d files".formatted(folder, MOST_FILES));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (failure instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw new IOException(
                        "user '%s' cannot read %s: %s".formatted(System.getProperty("user.name"), file, failure),
                        failure);
            }
        });
        return files;
    }

    @Override
    public InputStream open(String key) throws IOException {
        Path file = folder.resolve(key).normalize();
        if (!file.startsWith(folder) || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new NoSuchFileException(key);
        }
        return Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS);
    }
}
