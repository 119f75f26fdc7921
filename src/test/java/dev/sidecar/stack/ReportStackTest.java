package dev.sidecar.stack;

import static java.util.Map.entry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The readiness report of the stack without Loki, Alloy and Grafana: what is there holds, what is away is said to be away, once. */
@Tag("docker")
@Tag("long")
class ReportStackTest {

    @TempDir
    Path given;

    private ComposeStack stack;

    @AfterEach
    void stop() {
        if (stack != null) {
            stack.close();
        }
    }

    @Test
    void everythingHoldsButWhatNeedsWhatIsAway() throws IOException {
        Files.setPosixFilePermissions(given, PosixFilePermissions.fromString("rwxr-xr-x"));
        stack = new ComposeStack("report", given);
        stack.build();
        stack.up(stack.servicesFromStandIns());

        new Verdicts(stack)
                .awaitAllHeldBut(
                        Map.ofEntries(
                                // Claims that are untrue now: no line arrives, targets are down, Grafana is down, and
                                // rules
                                // watch what Loki and Alloy would export.
                                entry("LOG-2", "BROKEN"),
                                entry("MET-1", "BROKEN"),
                                entry("ALR-3", "BROKEN"),
                                entry("DSH-1", "BROKEN"),
                                // Nobody is there to be asked.
                                entry("LOG-1", "INCONCLUSIVE"),
                                entry("LOG-3", "INCONCLUSIVE"),
                                entry("LOG-4", "INCONCLUSIVE"),
                                entry("LOG-5", "INCONCLUSIVE"),
                                entry("LOG-7", "INCONCLUSIVE"),
                                entry("DSH-2", "INCONCLUSIVE"),
                                entry("DSH-3", "INCONCLUSIVE"),
                                entry("SEC-1", "INCONCLUSIVE"),
                                entry("SEC-5", "INCONCLUSIVE"),
                                // Not given in the quick start: encryption, a certificate; and too little data to
                                // compress.
                                entry("BKP-3", "OFF"),
                                entry("BKP-6", "OFF"),
                                entry("SEC-3", "OFF")),
                        10);
    }
}
