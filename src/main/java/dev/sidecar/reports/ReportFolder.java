package dev.sidecar.reports;

import dev.sidecar.text.Limited;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Keeps signed reports: two files each, the page and, written last, the envelope without which there is no report. */
final class ReportFolder {

    static final String PAGE = ".html";
    static final String ENVELOPE = ".intoto.json";

    /** Larger ones are not read, neither here nor by the command that checks them. */
    static final int LARGEST_PAGE = 8 << 20;

    static final int LARGEST_ENVELOPE = 8 << 20;

    static final Pattern ID =
            Pattern.compile("\\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3])([0-5]\\d){2}Z(-[2-9])?");

    private static final int MOST = 500;
    /** A clock that jumped must not empty the folder. */
    private static final int MOST_AT_ONCE = 10;

    private static final DateTimeFormatter SECOND =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private static final int SECOND_LENGTH = 16;

    private final Path directory;

    ReportFolder(Path directory) {
        this.directory = directory;
    }

    /** Lists the reports, newest first. */
    List<String> ids() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(ENVELOPE))
                    .map(name -> name.substring(0, name.length() - ENVELOPE.length()))
                    .filter(id -> ID.matcher(id).matches())
                    .sorted(Comparator.reverseOrder())
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    /** Finds an id for a report that is made now. */
    String newId(Instant now) throws IOException {
        String second = SECOND.format(now);
        for (int number = 1; number < 10; number++) {
            String id = number == 1 ? second : second + "-" + number;
            if (!Files.exists(directory.resolve(id + ENVELOPE))) {
                return id;
            }
        }
        throw new IOException("nine reports were signed within this second; try again");
    }

    /** When a report was made, to the second. */
    static Instant at(String id) {
        return Instant.from(SECOND.parse(id.substring(0, SECOND_LENGTH)));
    }

    void write(String id, byte[] page, byte[] envelope) throws IOException {
        make(directory);
        Path pageOf = directory.resolve(id + PAGE);
        replace(pageOf, page);
        try {
            replace(directory.resolve(id + ENVELOPE), envelope);
        } catch (IOException e) {
            // Without its envelope nothing would list the page, and nothing would ever delete it.
            Files.deleteIfExists(pageOf);
            throw e;
        }
    }

    /** Makes a directory that others cannot look into: evidence names hosts, databases and users. */
    static void make(Path directory) throws IOException {
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /** Writes a file, which only this user can read, so that it is there whole or not at all. */
    static void replace(Path file, byte[] bytes) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        // Its name cannot be foreseen, so that nobody has put a link there where many may write.
        Path part = Files.createTempFile(folder, file.getFileName().toString(), ".part");
        try {
            try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
                ByteBuffer left = ByteBuffer.wrap(bytes);
                while (left.hasRemaining()) {
                    channel.write(left);
                }
                channel.force(true);
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    Optional<byte[]> page(String id) throws IOException {
        return read(id + PAGE, LARGEST_PAGE);
    }

    Optional<byte[]> envelope(String id) throws IOException {
        return read(id + ENVELOPE, LARGEST_ENVELOPE);
    }

    private Optional<byte[]> read(String name, int most) throws IOException {
        try (InputStream in = Files.newInputStream(directory.resolve(name))) {
            return Optional.of(Limited.whole(in, most));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Deletes reports that are older than the limit, or too many; never the newest. @return how many */
    int expire(Instant now, Duration keep) throws IOException {
        List<String> ids = ids();
        String oldest = SECOND.format(now.minus(keep));
        int deleted = 0;
        for (int i = ids.size() - 1; i > 0 && deleted < MOST_AT_ONCE; i--) {
            if (i < MOST && ids.get(i).compareTo(oldest) >= 0) {
                break;
            }
            // Without its envelope the page is no report, so it goes second.
            Files.deleteIfExists(directory.resolve(ids.get(i) + ENVELOPE));
            Files.deleteIfExists(directory.resolve(ids.get(i) + PAGE));
            deleted++;
        }
        return deleted;
    }
}
