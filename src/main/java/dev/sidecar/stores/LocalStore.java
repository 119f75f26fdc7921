package dev.sidecar.stores;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/** Stores sets in a directory. It writes a file under a name that ends in {@code .part}, forces it to disk, and renames it. */
public final class LocalStore implements Store {

    private static final String PART = ".part";
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path root;
    private final int mostFiles;

    public LocalStore(Path root) {
        this(root, MOST_FILES);
    }

    LocalStore(Path root, int mostFiles) {
        this.root = root.toAbsolutePath().normalize();
        this.mostFiles = mostFiles;
    }

    /** Returns the directory of the store. */
    public Path directory() {
        return root;
    }

    @Override
    public String name() {
        return "local";
    }

    @Override
    public Upload create(String key) throws IOException {
        Path target = path(key);
        makeDirectories(directoryOf(target));
        Path part = target.resolveSibling(target.getFileName() + PART);
        FileChannel channel =
                FileChannel.open(part, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OWNER_ONLY);
        return new Part(channel, part, target);
    }

    /** Whoever can write here could let a link lead to a secret, or have us wait for the other end of a pipe. */
    @Override
    public InputStream open(String key) throws IOException {
        return new FolderSource(root).open(root.relativize(path(key)).toString());
    }

    @Override
    public List<Stored> list(String prefix) throws IOException {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        List<Stored> stored = new ArrayList<>();
        for (Path file : files(prefix)) {
            if (!file.toString().endsWith(PART)) {
                try {
                    stored.add(new Stored(key(file), Files.size(file)));
                } catch (NoSuchFileException e) {
                    // Deleted while we looked.
                }
            }
        }
        return stored;
    }

    @Override
    public boolean delete(String key) throws IOException {
        Path file = path(key);
        Files.deleteIfExists(file);
        removeEmptyDirectories(directoryOf(file));
        return true;
    }

    @Override
    public OptionalLong freeBytes() throws IOException {
        Path existing = root;
        while (!Files.exists(existing)) {
            existing = directoryOf(existing);
        }
        return OptionalLong.of(Files.getFileStore(existing).getUsableSpace());
    }

    @Override
    public void check() throws IOException {
        try {
            write(".check-" + UUID.randomUUID(), "can be written".getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IOException(
                    "user '%2$s' cannot write to %1$s (%3$s); mount it writable, or change sidecar.backup.directory"
                            .formatted(root, System.getProperty("user.name"), e),
                    e);
        }
        for (Stored stored : list(".check-")) {
            delete(stored.key());
        }
    }

    @Override
    public void sweep(String prefix) throws IOException {
        for (Path file : files(prefix)) {
            if (file.toString().endsWith(PART)) {
                Files.deleteIfExists(file);
                removeEmptyDirectories(directoryOf(file));
            }
        }
    }

    private List<Path> files(String prefix) throws IOException {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        List<Path> found = new ArrayList<>();
        List<Path> sets;
        try (Stream<Path> entries = Files.list(root)) {
            sets = entries.limit(mostFiles + 1L).toList();
        }
        if (sets.size() > mostFiles) {
            throw tooMany();
        }
        for (Path set : sets) {
            String name = set.getFileName().toString();
            if (name.startsWith(prefix) || prefix.startsWith(name)) {
                try (Stream<Path> files = Files.walk(set)) {
                    files.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                            .filter(file -> key(file).startsWith(prefix))
                            .limit(mostFiles + 1L - found.size())
                            .forEach(found::add);
                } catch (NoSuchFileException | java.io.UncheckedIOException e) {
                    // Deleted while we looked.
                }
            }
            if (found.size() > mostFiles) {
                throw tooMany();
            }
        }
        found.sort(Comparator.comparing(this::key));
        return found;
    }

    private IOException tooMany() {
        return new IOException(
                "%s holds more than %d files: give backups a directory of their own".formatted(root, mostFiles));
    }

    private String key(Path file) {
        return root.relativize(file).toString();
    }

    private Path path(String key) throws IOException {
        Path path = root.resolve(key).normalize();
        if (!path.startsWith(root) || path.equals(root)) {
            throw new IOException("'%s' is outside %s".formatted(key, root));
        }
        for (Path above = directoryOf(path); !above.equals(root); above = directoryOf(above)) {
            if (Files.isSymbolicLink(above)) {
                throw new IOException("'%s' is a link, and leads out of %s".formatted(above, root));
            }
        }
        return path;
    }

    /** Every path here has a parent: only the root of a file system has none, and the root is never one of our files. */
    private static Path directoryOf(Path path) {
        return Objects.requireNonNull(path.getParent());
    }

    private void makeDirectories(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory, OWNER_ONLY_DIRECTORY);
            force(directoryOf(directory));
        }
    }

    private void removeEmptyDirectories(Path from) throws IOException {
        for (Path directory = from; !directory.equals(root); directory = directoryOf(directory)) {
            try {
                Files.deleteIfExists(directory);
            } catch (java.nio.file.DirectoryNotEmptyException e) {
                return;
            }
        }
    }

    private static void force(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private final class Part implements Upload {

        private final FileChannel channel;
        private final Path part;
        private final Path target;
        private boolean published;

        Part(FileChannel channel, Path part, Path target) {
            this.channel = channel;
            this.part = part;
            this.target = target;
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            return channel.write(bytes);
        }

        @Override
        public void publish() throws IOException {
            channel.force(true);
            channel.close();
            if (Files.exists(target)) {
                throw new FileAlreadyExistsException(target.toString(), null, "a name is never used twice");
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
            published = true;
            force(directoryOf(target));
        }

        @Override
        public boolean isOpen() {
            return channel.isOpen();
        }

        @Override
        public void close() throws IOException {
            channel.close();
            if (!published) {
                Files.deleteIfExists(part);
                removeEmptyDirectories(directoryOf(part));
            }
        }
    }
}
