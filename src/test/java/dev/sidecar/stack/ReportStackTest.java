package dev.sidecar.stack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The readiness report of the stack without Loki, Alloy and Grafana: one switch leaves them out, another adds point-in-time recovery, and all
 * that there is holds.
 */
@Tag("docker")
@Tag("stack")
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
    void everythingHoldsThatIsNotLeftOut() throws IOException {
        Files.setPosixFilePermissions(given, PosixFilePermissions.fromString("rwxr-xr-x"));
        stack = new ComposeStack("report", given);
        stack.set("LOGS_AND_DASHBOARDS", "0");
        stack.set("PITR", "1");
        stack.build();
        stack.upWithoutPulling();

        new Verdicts(stack)
                .awaitAllHeldBut(
                        Map.of(
                                // Not given in the quick start: a channel to people, encryption, a certificate; and
                                // too little data to compress.
                                "ALR-8", "OFF", "BKP-3", "OFF", "BKP-6", "OFF", "SEC-3", "OFF"),
                        12);
        assertThat(stack.exec("sidecar", "sidecar", "report", "--json").out()).contains("\"BKP-11\"", "\"BKP-12\"");
    }
}
