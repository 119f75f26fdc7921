package dev.sidecar.reports;

import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.LeftOut;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A stack that has been watched for some months, with the failures that happen. */
final class SampleWorld {

    private SampleWorld() {}

    /** Writes the page of its second report. */
    static void inOneFile(Path page) throws IOException {
        Path folder = Files.createTempDirectory(page.getParent(), "world");
        SampleReports world = new SampleReports(folder);
        world.clock.set("2026-09-20T03:00:00Z");
        for (int day = 0; day < 69; day++) {
            if (day == 30 || day == 68) {
                world.reports.sign();
            }
            for (int round = 0; round < 4; round++) {
                for (String id :
                        List.of("LOG-1", "LOG-2", "LOG-5", "LOG-8", "BKP-1", "BKP-4", "BKP-5", "BKP-6", "BKP-8")) {
                    world.drilled(id, finding(id, day));
                }
                world.clock.tick(Duration.ofHours(6));
            }
        }
        world.drilled("LOG-4", Finding.notConfigured("Loki is not configured: set LOKI_URL."));
        world.leftOut = List.of(new LeftOut(SampleReports.claim("LOG-7"), "The disk is our provider's."));
        Files.write(page, world.folder.page(world.reports.sign().id()).orElseThrow());
    }

    private static Finding finding(String id, int day) {
        if (id.equals("LOG-2") && day % 23 == 7) {
            return Finding.broken("The line written at 03:00 was not found within 10 s.");
        }
        if (id.equals("BKP-5") && day > 60) {
            return Finding.inconclusive("The prover gave no answer within 5 min.");
        }
        if (id.equals("BKP-1") && day > 66) {
            return Finding.broken("The newest verified backup of shop is 31.2 h old; the RPO is 26 h.")
                    .with(List.of("shop: 31.2 h", "crm: 3.1 h, <script>alert(1)</script>"));
        }
        return Finding.held("All 5 sources delivered, the oldest 12 s ago.").with(List.of("api: 3 s", "nginx: 5 s"));
    }
}
