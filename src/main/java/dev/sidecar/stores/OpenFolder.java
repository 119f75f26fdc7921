package dev.sidecar.stores;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * A folder that strangers may write to. Each folder in it is opened from the one above, and each file is reached through the folder that is
 * open: a link that somebody puts into the place of a folder leads nowhere, however late he does it.
 */
final class OpenFolder implements Closeable {

    private static final Path ITSELF = Path.of(".");

    private final SecureDirectoryStream<Path> entries;
    private final Path path;
    private final TimedOpen opening;
    /** What was not opened in time. */
    private final List<Path> late = new ArrayList<>();

    private OpenFolder(SecureDirectoryStream<Path> entries, Path path, TimedOpen opening) {
        this.entries = entries;
        this.path = path;
        this.opening = opening;
    }

    /**
     * Opens the uppermost one. It may be a link itself, as the operator named it.
     *
     * @throws NoSuchFileException if it is not there
     */
    static OpenFolder of(Path folder) throws IOException {
        return of(folder, TimedOpen.PATIENT);
    }

    static OpenFolder of(Path folder, TimedOpen opening) throws IOException {
        Path real = folder.toRealPath();
        DirectoryStream<Path> opened = Files.newDirectoryStream(real);
        if (opened instanceof SecureDirectoryStream<Path> secure) {
            return new OpenFolder(secure, real, opening);
        }
        opened.close();
        throw new IOException("this system cannot open what is in %s without following links".formatted(real));
    }

    /** @throws IOException that says so if it is a link */
    OpenFolder folder(Path name) throws IOException {
        // Whoever opens a pipe waits for its other end.
        BasicFileAttributes attributes = attributes(name);
        if (attributes.isSymbolicLink()) {
            throw new IOException("'%s' is a link, and could lead out of the folder".formatted(path.resolve(name)));
        }
        if (!attributes.isDirectory()) {
            throw new NotDirectoryException(path.resolve(name).toString());
        }
        return openedFolder(name);
    }

    /** Once it was looked at. Whatever it is by now, this ends. */
    OpenFolder openedFolder(Path name) throws IOException {
        SecureDirectoryStream<Path> opened =
                inTime(name, () -> entries.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS));
        return new OpenFolder(opened, path.resolve(name), opening);
    }

    /** Of a link they are its own. */
    BasicFileAttributes attributes(Path name) throws IOException {
        return entries.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .readAttributes();
    }

    /** @throws NoSuchFileException also if it is a link, a pipe, a device or a folder */
    InputStream read(Path name) throws IOException {
        if (!attributes(name).isRegularFile()) {
            throw new NoSuchFileException(path.resolve(name).toString());
        }
        return openedFile(name);
    }

    /** Once it was looked at. Whatever it is by now, this ends. */
    InputStream openedFile(Path name) throws IOException {
        SeekableByteChannel opened = inTime(
                name, () -> entries.newByteChannel(name, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)));
        try {
            // A pipe whose other end is open has no position; reading it would wait for what is written.
            opened.position();
            return Channels.newInputStream(opened);
        } catch (IOException e) {
            opened.close();
            throw (IOException) new NoSuchFileException(path.resolve(name).toString()).initCause(e);
        }
    }

    private <T extends Closeable> T inTime(Path name, Callable<T> open) throws IOException {
        try {
            return opening.open(path.resolve(name), open);
        } catch (TimedOpen.Late e) {
            late.add(name);
            throw e;
        }
    }

    /** @throws java.nio.file.FileAlreadyExistsException if anything has the name */
    FileChannel create(Path name, FileAttribute<?> attribute) throws IOException {
        return (FileChannel) entries.newByteChannel(
                name, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attribute);
    }

    /** Names of what is in it; one more than {@code most} at the most. Once only. */
    List<Path> names(int most) throws IOException {
        List<Path> names = new ArrayList<>();
        try {
            for (Path entry : entries) {
                names.add(entry.getFileName());
                if (names.size() > most) {
                    break;
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }

    void rename(Path from, Path to) throws IOException {
        entries.move(from, entries, to);
    }

    /** A link is deleted, not what it leads to. */
    void deleteFile(Path name) throws IOException {
        entries.deleteFile(name);
    }

    void deleteFolder(Path name) throws IOException {
        entries.deleteDirectory(name);
    }

    /** Has the disk keep the names of what is in it. */
    void force() throws IOException {
        try (FileChannel channel = (FileChannel) entries.newByteChannel(ITSELF, Set.of(StandardOpenOption.READ))) {
            channel.force(true);
        }
    }

    /** Closing waits for what is being opened, and so is left to another thread where that does not end. */
    @Override
    public void close() throws IOException {
        if (late.isEmpty()) {
            entries.close();
        } else {
            TimedOpen.later(this::release);
        }
    }

    /** A pipe that is opened both ways waits for nobody, and whoever waits for its other end goes on: no thread is lost to it. */
    private void release() throws IOException {
        try (entries) {
            for (Path name : late) {
                try {
                    entries.newByteChannel(
                                    name,
                                    Set.of(
                                            StandardOpenOption.READ,
                                            StandardOpenOption.WRITE,
                                            LinkOption.NOFOLLOW_LINKS))
                            .close();
                } catch (IOException | UnsupportedOperationException e) {
                    // It is no pipe, or gone.
                }
            }
        }
    }
}
