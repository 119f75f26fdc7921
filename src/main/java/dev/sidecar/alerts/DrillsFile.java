package dev.sidecar.alerts;

import dev.sidecar.kept.KeptFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Keeps the last delivered drill of each route over a restart, so that people get no drill at each start. */
final class DrillsFile {

    private static final int LONGEST = 1024 * 1024;

    private final KeptFile<Content> file;

    DrillsFile(Path file) {
        this.file = new KeptFile<>(file, Content.class, LONGEST, "delivered drills of routes", "they are sent again");
    }

    private record Content(List<DrillResult> delivered) {}

    /** Reads what is there now, as another sidecar may share the file; empty if there is no file, or none that can be read. */
    Optional<List<DrillResult>> read() {
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
        file.write(new Content(delivered));
    }
}
