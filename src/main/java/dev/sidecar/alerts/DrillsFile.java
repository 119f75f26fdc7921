package dev.sidecar.alerts;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Keeps the last delivered drill of each route over a restart, so that people get no drill at each start. A file that cannot be read or
 * written costs that memory and nothing else: the drills go out again.
 */
final class DrillsFile {

    private static final Logger log = LoggerFactory.getLogger(DrillsFile.class);
    private static final int LONGEST = 1024 * 1024;

    private final Path file;

    DrillsFile(Path file) {
        this.file = file;
    }

    private record Content(List<DrillResult> delivered) {}

    List<DrillResult> read() {
        if (!Files.exists(file)) {
            return List.of();
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(LONGEST + 1);
            if (bytes.length > LONGEST) {
                throw new IOException("it is longer than " + LONGEST + " bytes");
            }
            return JsonMapper.shared().readValue(bytes, Content.class).delivered().stream()
                    .filter(DrillResult::allDelivered)
                    .filter(result -> result.channels().stream().allMatch(channel -> channel.took() != null))
                    .toList();
        } catch (IOException | JacksonException | NullPointerException e) {
            log.atWarn()
                    .addKeyValue("file", file)
                    .addKeyValue("reason", e.getMessage())
                    .log("delivered drills of routes not read; they are sent again");
            return List.of();
        }
    }

    void write(List<DrillResult> delivered) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
            Files.deleteIfExists(unfinished);
            Files.createFile(
                    unfinished, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.write(unfinished, JsonMapper.shared().writeValueAsBytes(new Content(delivered)));
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("file", file)
                    .addKeyValue("reason", e.toString())
                    .log("delivered drills of routes not kept; after a restart they are sent again");
        }
    }
}
