package dev.sidecar.alerts;

import dev.sidecar.kept.KeptFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Keeps the last delivered drill of each route over a restart, so that people get no drill at each start. */
final class DrillsFile {

    private static final int LONGEST = 1024 * 1024;

    private final KeptFile<Content> file;
    private final Path path;
    private Object seen = "";

    DrillsFile(Path file) {
        this.path = file;
        this.file = new KeptFile<>(file, Content.class, LONGEST, "delivered drills of routes", "they are sent again");
    }

    private record Content(List<DrillResult> delivered) {}

    /**
     * Reads what another sidecar that shares the file has left there; empty if nothing is new since it was last read or written here, if
     * there is no file, or none that can be read. What could not be written here is known all the same.
     */
    Optional<List<DrillResult>> readNew() {
        Object now = version();
        if (now.equals(seen)) {
            return Optional.empty();
        }
        seen = now;
        return file.read(content -> content.delivered().stream()
                .map(DrillsFile::whole)
                .filter(DrillResult::allDelivered)
                .filter(result -> result.channels().stream().allMatch(channel -> channel.took() != null))
                .toList());
    }

    /** @throws NullPointerException if it lacks what every drill has: then the file is damaged, and none of it is believed */
    private static DrillResult whole(DrillResult result) {
        Objects.requireNonNull(result.id(), "id");
        Objects.requireNonNull(result.route(), "route");
        Objects.requireNonNull(result.started(), "started");
        result.channels().forEach(one -> {
            Channel channel = Objects.requireNonNull(one.channel(), "channel");
            Objects.requireNonNull(channel.integration(), "integration");
            Objects.requireNonNull(channel.receiver(), "receiver");
        });
        return result;
    }

    void write(List<DrillResult> delivered) {
        if (file.write(new Content(delivered))) {
            seen = version();
        }
    }

    /** Each write makes another file. */
    private Object version() {
        try {
            BasicFileAttributes is = Files.readAttributes(path, BasicFileAttributes.class);
            return List.of(String.valueOf(is.fileKey()), is.lastModifiedTime(), is.size());
        } catch (IOException e) {
            return "";
        }
    }
}
