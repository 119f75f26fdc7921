package dev.sidecar.stack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The readiness report of the whole stack, as the quick start has it: everything that is configured holds. */
@Tag("images")
@Tag("stack")
class FullReportTest {

    @TempDir
    Path given;

    private ComposeStack stack;

    @AfterEach
    void stop() {
        if (stack != null) {
            stack.close();
        }
    }

    /** The quick start does not give these: a channel to people, encryption, a certificate, and enough data to judge compression. */
    @Test
    void everyProofOfWhatIsConfiguredHolds() throws IOException {
        Files.setPosixFilePermissions(given, PosixFilePermissions.fromString("rwxr-xr-x"));
        stack = new ComposeStack("full-report", given);
        stack.build();
        stack.up(List.of());

        Map<String, String> others =
                new HashMap<>(Map.of("ALR-8", "OFF", "BKP-3", "OFF", "BKP-6", "OFF", "SEC-3", "OFF"));
        boolean journal = Files.exists(Path.of("/run/systemd/journal"));
        if (!journal) {
            // A machine without systemd has no lines of the system, and the report is right to say so.
            others.put("LOG-1", "BROKEN");
        }
        new Verdicts(stack).awaitAllHeldBut(others, journal ? 12 : 10);
    }
}
