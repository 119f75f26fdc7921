package dev.sidecar.kept;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A file of JSON for what should outlive a restart and may be lost: one that cannot be read or written is a warning and nothing else. It
 * is readable by this user alone, and replaced as a whole, so that a killed process leaves the old one.
 *
 * @param <T> what it holds, a record
 */
public final class KeptFile<T> {

    private static final Logger log = LoggerFactory.getLogger(KeptFile.class);

    private final Path file;
    private final Class<T> type;
    private final int longest;
    private final String what;
    private final String consequence;

    /**
     * @param longest how many bytes it may have; a longer one is not read
     * @param what is kept, in words, such as {@code receipts of alerts}
     * @param consequence of losing it, such as {@code they are sent again}
     */
    public KeptFile(Path file, Class<T> type, int longest, String what, String consequence) {
        this.file = file;
        this.type = type;
        this.longest = longest;
        this.what = what;
        this.consequence = consequence;
    }

    /**
     * Reads it.
     *
     * @param make makes of the content what is wanted; content that lacks something may throw a {@link NullPointerException} there
     * @return empty if there is no file, or none that can be read
     */
    public <R> Optional<R> read(Function<T, R> make) {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(longest + 1);
            if (bytes.length > longest) {
                throw new IOException("it is longer than " + longest + " bytes");
            }
            return Optional.of(make.apply(JsonMapper.shared().readValue(bytes, type)));
        } catch (IOException | JacksonException | NullPointerException e) {
            log.atWarn()
                    .addKeyValue("file", file)
                    .addKeyValue("reason", e.toString())
                    .log("{} not read: {}", what, consequence);
            return Optional.empty();
        }
    }

    /** Replaces it. @return false if that failed, which is logged */
    public boolean write(T content) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
            Files.deleteIfExists(unfinished);
            Files.createFile(
                    unfinished, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.write(unfinished, JsonMapper.shared().writeValueAsBytes(content));
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return true;
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("file", file)
                    .addKeyValue("reason", e.toString())
                    .log("{} not kept: after a restart {}", what, consequence);
            return false;
        }
    }
}
