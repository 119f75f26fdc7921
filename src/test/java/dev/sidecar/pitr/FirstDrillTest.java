package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.Job.Run;
import dev.sidecar.jobs.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The first drill runs while the application starts: its tables come a moment later, and your checks ask for them. */
class FirstDrillTest {

    @Test
    void itWaitsForTheTablesThatYourChecksAskFor(@TempDir Path folder, @TempDir Path checks) throws Exception {
        Files.writeString(
                Files.createDirectory(checks.resolve("shop")).resolve("products.sql"),
                "-- expect: 1\nSELECT count(*) FROM public.product;\n");
        try (ArchivedServer archived = ArchivedServer.start(folder, "")) {
            archived.withBackup("checks.directory", checks.toString());
            archived.server().execute("postgres", "CREATE DATABASE shop");
            archived.pitr().take(PhysicalSet.Type.FULL);

            Outcome early = drill(archived.with("await-tables", "0s").pitr());

            assertThat(early.result()).isEqualTo(Outcome.Result.FAILURE);
            assertThat(early.reason()).contains("Check products FAILED").contains("public.product");
            Files.delete(folder.resolve("pitr.json"));

            long before = asked(archived);
            Pitr patient = archived.with("await-tables", "5m").pitr();
            CompletableFuture<Outcome> drill = CompletableFuture.supplyAsync(() -> drill(patient));
            Awaitility.await().atMost(Duration.ofMinutes(2)).until(() -> asked(archived) > before);
            archived.server().execute("shop", "CREATE TABLE product AS SELECT 1 AS id");

            assertThat(drill.join().result()).as(drill.join().reason()).isEqualTo(Outcome.Result.SUCCESS);
        }
    }

    /** How often somebody has looked at the database since. */
    private static long asked(ArchivedServer archived) {
        return Long.parseLong(archived.server()
                .query("postgres", "SELECT sessions FROM pg_stat_database WHERE datname = 'shop'")
                .get(0));
    }

    private static Outcome drill(Pitr pitr) {
        Job drill = new PitrJobs(pitr)
                .jobs().stream()
                        .filter(job -> job.name().equals("pitr-drill"))
                        .findFirst()
                        .orElseThrow();
        try {
            return drill.work().run(new Run(Instant.EPOCH, true, 1));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
