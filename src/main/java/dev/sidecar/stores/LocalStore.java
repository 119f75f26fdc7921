package dev.sidecar.stores;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
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

/** Stores sets in a directory. It writes a file under a name that ends in {@code .part}, forces it to disk, and renames it. */
public final class LocalStore implements Store {

    private static final String PART = ".part";
    /** Our files lie three deep. */
    private static final int DEEPEST = 8;
    /** Itself and the directories that are there for it. */
    private static final int ENTRIES_OF_A_FILE = 4;

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
        Path path = path(key);
        makeDirectories(path);
        OpenFolder directory = directoryOf(OpenFolder.of(root), path);
        try {
            Path part = Path.of(path.getFileName() + PART);
            return new Part(directory.create(part, OWNER_ONLY), directory, part, path);
        } catch (IOException | RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    /** Whoever can write here could let a link lead to a secret, or have us wait for the other end of a pipe. */
    @Override
    public InputStream open(String key) throws IOException {
        return new FolderSource(root).open(path(key).toString());
    }

    @Override
    public List<Stored> list(String prefix) throws IOException {
        return files(prefix).stream().filter(file -> !file.key().endsWith(PART)).toList();
    }

    @Override
    public boolean delete(String key) throws IOException {
        Path path = path(key);
        try (OpenFolder opened = OpenFolder.of(root)) {
            delete(opened, path);
        } catch (NoSuchFileException e) {
            // There is not even a store.
        }
        return true;
    }

    /** Deletes a file if it is there, and the directories on the way to it that are empty then. */
    private static void delete(OpenFolder directory, Path path) throws IOException {
        Path name = path.getName(0);
        try {
            if (path.getNameCount() == 1) {
                directory.deleteFile(name);
                return;
            }
            try (OpenFolder below = directory.folder(name)) {
                delete(below, path.subpath(1, path.getNameCount()));
            }
            directory.deleteFolder(name);
        } catch (NoSuchFileException | DirectoryNotEmptyException e) {
            // Gone already, or still in use.
        }
    }

    @Override
    public OptionalLong freeBytes() throws IOException {
        Path existing = root;
        while (!Files.exists(existing)) {
            existing = Objects.requireNonNull(existing.getParent());
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
        for (Stored file : files(prefix)) {
            if (file.key().endsWith(PART)) {
                delete(file.key());
            }
        }
    }

    private List<Stored> files(String prefix) throws IOException {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        Listing listing = new Listing(prefix);
        try (OpenFolder opened = OpenFolder.of(root)) {
            for (Path name : listing.names(opened)) {
                if (name.toString().startsWith(prefix) || prefix.startsWith(name.toString())) {
                    listing.add(opened, name, name);
                }
            }
        }
        if (listing.found.size() > mostFiles) {
            throw tooMany();
        }
        listing.found.sort(Comparator.comparing(Stored::key));
        return listing.found;
    }

    /** One look at all that is there, with an end whatever somebody puts there. */
    private final class Listing {

        private final String prefix;
        private final List<Stored> found = new ArrayList<>();
        private int seen;

        Listing(String prefix) {
            this.prefix = prefix;
        }

        List<Path> names(OpenFolder directory) throws IOException {
            List<Path> names = directory.names(mostFiles);
            seen += names.size();
            if (names.size() > mostFiles || seen > ENTRIES_OF_A_FILE * mostFiles) {
                throw tooMany();
            }
            return names;
        }

        void add(OpenFolder directory, Path name, Path path) throws IOException {
            if (!leadsBack(name)) {
                return;
            }
            OpenFolder opened;
            try {
                BasicFileAttributes attributes = directory.attributes(name);
                if (attributes.isRegularFile() && path.toString().startsWith(prefix)) {
                    found.add(new Stored(path.toString(), attributes.size()));
                }
                if (!attributes.isDirectory() || path.getNameCount() == DEEPEST) {
                    return;
                }
                opened = directory.folder(name);
            } catch (IOException e) {
                // Deleted while we looked, or somebody else's, such as lost+found.
                return;
            }
            try (opened) {
                for (Path each : names(opened)) {
                    add(opened, each, path.resolve(each));
                }
            }
        }
    }

    /** Bytes that are no text in this process's locale cannot be named again; no name of ours has any. */
    private static boolean leadsBack(Path name) {
        try {
            return Path.of(name.toString()).equals(name);
        } catch (InvalidPathException e) {
            return false;
        }
    }

    private IOException tooMany() {
        return new IOException(
                "%s holds more than %d files: give backups a directory of their own".formatted(root, mostFiles));
    }

    /** The path within the store. */
    private Path path(String key) throws IOException {
        Path path = Path.of(key);
        if (path.isAbsolute()) {
            throw new IOException("'%s' is outside %s".formatted(key, root));
        }
        for (Path step : path) {
            if (step.toString().isEmpty() || step.toString().equals("..")) {
                throw new IOException("'%s' is outside %s".formatted(key, root));
            }
        }
        return path;
    }

    private static OpenFolder directoryOf(OpenFolder above, Path path) throws IOException {
        if (path.getNameCount() == 1) {
            return above;
        }
        try (above) {
            return directoryOf(above.folder(path.getName(0)), path.subpath(1, path.getNameCount()));
        }
    }

    /** Java makes directories by their paths only, which follow no link at their ends: what is in one is made through it, opened. */
    private void makeDirectories(Path path) throws IOException {
        Files.createDirectories(root, OWNER_ONLY_DIRECTORY);
        Path real = root.toRealPath();
        for (int steps = 1; steps < path.getNameCount(); steps++) {
            try {
                Files.createDirectory(real.resolve(path.subpath(0, steps)), OWNER_ONLY_DIRECTORY);
            } catch (FileAlreadyExistsException e) {
                continue;
            }
            try (OpenFolder above = directoryOf(OpenFolder.of(root), path.subpath(0, steps))) {
                above.force();
            }
        }
    }

    private final class Part implements Upload {

        private final FileChannel channel;
        private final OpenFolder directory;
        private final Path part;
        private final Path path;
        private boolean published;
        private boolean closed;

        /** @param path of the published file, within the store */
        Part(FileChannel channel, OpenFolder directory, Path part, Path path) {
            this.channel = channel;
            this.directory = directory;
            this.part = part;
            this.path = path;
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            return channel.write(bytes);
        }

        @Override
        public void publish() throws IOException {
            channel.force(true);
            channel.close();
            Path name = path.getFileName();
            if (isThere(name)) {
                throw new FileAlreadyExistsException(root.resolve(path).toString(), null, "a name is never used twice");
            }
            directory.rename(part, name);
            published = true;
            directory.force();
        }

        private boolean isThere(Path name) throws IOException {
            try {
                directory.attributes(name);
                return true;
            } catch (NoSuchFileException e) {
                return false;
            }
        }

        @Override
        public boolean isOpen() {
            return channel.isOpen();
        }

        @Override
        public void close() throws IOException {
            if (closed) {
                return;
            }
            closed = true;
            channel.close();
            try (directory) {
                if (!published) {
                    directory.deleteFile(part);
                }
            } catch (NoSuchFileException e) {
                // Somebody was faster.
            }
            if (!published) {
                // The directories, if nothing else is in them.
                LocalStore.this.delete(path + PART);
            }
        }
    }
}
