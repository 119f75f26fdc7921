package dev.sidecar.alerts;

import dev.sidecar.kept.KeptFile;
import java.nio.file.Path;
import java.util.List;

/** Keeps the last delivered drill of each route over a restart, so that people get no drill at each start. */
final class DrillsFile {

    private static final int LONGEST = 1024 * 1024;

    private final KeptFile<Content> file;

    DrillsFile(Path file) {
        this.file = new KeptFile<>(file, Content.class, LONGEST, "delivered drills of routes", "they are sent again");
    }

    private record Content(List<DrillResult> delivered) {}

    List<DrillResult> read() {
        return file.read(content -> content.delivered().stream()
                        .filter(DrillResult::allDelivered)
                        .filter(result -> result.channels().stream().allMatch(channel -> channel.took() != null))
                        .toList())
                .orElse(List.of());
    }

    void write(List<DrillResult> delivered) {
        file.write(new Content(delivered));
    }
}
