package dev.sidecar.dumps;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Keeps the newest result of each source in a file, which a command and the server share. A file that cannot be read or written costs a
 * restore that is done once more.
 */
final class DumpResults {

    private static final Logger log = LoggerFactory.getLogger(DumpResults.class);
    private static final int LONGEST = 8 * 1024 * 1024;

    private final Path file;
    private final Map<String, DumpResult> unwritten = new TreeMap<>();

    DumpResults(Path file) {
        this.file = file;
    }

    private record Content(Map<String, DumpResult> results) {}

    synchronized Optional<DumpResult> of(String source) {
        return Optional.ofNullable(all().get(source));
    }

    synchronized void put(String source, DumpResult result) {
        Map<String, DumpResult> all = all();
        all.put(source, result);
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
            Files.deleteIfExists(unfinished);
            Files.createFile(
                    unfinished, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.write(unfinished, JsonMapper.shared().writeValueAsBytes(new Content(all)));
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            unwritten.clear();
        } catch (IOException e) {
            unwritten.putAll(all);
            log.atWarn()
                    .addKeyValue("file", file)
                    .addKeyValue("reason", e.toString())
                    .log("results of dumps not kept; after a restart the newest dumps are restored once more");
        }
    }

    private Map<String, DumpResult> all() {
        Map<String, DumpResult> all = new TreeMap<>();
        if (Files.exists(file)) {
            try (InputStream in = Files.newInputStream(file)) {
                byte[] bytes = in.readNBytes(LONGEST + 1);
                if (bytes.length > LONGEST) {
                    throw new IOException("it is longer than " + LONGEST + " bytes");
                }
                all.putAll(JsonMapper.shared().readValue(bytes, Content.class).results());
            } catch (IOException | JacksonException | NullPointerException e) {
                log.atWarn()
                        .addKeyValue("file", file)
                        .addKeyValue("reason", e.getMessage())
                        .log("results of dumps not read; the newest dumps are restored once more");
            }
        }
        all.putAll(unwritten);
        return all;
    }
}
