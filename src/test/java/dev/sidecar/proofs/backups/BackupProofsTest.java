package dev.sidecar.proofs.backups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.SidecarApplication;
import dev.sidecar.backup.BackupProperties;
import dev.sidecar.backup.BackupTasks;
import dev.sidecar.backup.BackupTasks.State;
import dev.sidecar.backup.BackupTasks.Task;
import dev.sidecar.backup.Backups;
import dev.sidecar.jobs.Jobs;
import dev.sidecar.proofs.Drill;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.ProofState;
import dev.sidecar.proofs.Proofs;
import dev.sidecar.proofs.Verdict;
import dev.sidecar.support.PostgresServer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** The proofs of backups in a whole sidecar with a real database: held, and then broken by one bit. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BackupProofsTest {

    @TempDir
    static Path folder;

    private static PostgresServer server;
    private static ConfigurableApplicationContext sidecar;

    @BeforeAll
    static void start() throws Exception {
        server = PostgresServer.start();
        String database = server.createDatabase("shop");
        server.execute(
                database,
                "CREATE TABLE orders (id serial PRIMARY KEY, note text)",
                "INSERT INTO orders (note) SELECT repeat('order ', 20) || i FROM generate_series(1, 20000) i");
        Path checks = Files.createDirectories(folder.resolve("checks").resolve(database));
        Files.writeString(checks.resolve("orders.sql"), "-- expect: 20000\nSELECT count(*) FROM orders\n");
        sidecar = SpringApplication.run(
                SidecarApplication.class,
                "--server.port=0",
                "--sidecar.access.directory=" + folder.resolve("access"),
                "--sidecar.backup.server.host=" + server.host(),
                "--sidecar.backup.server.port=" + server.port(),
                "--sidecar.backup.server.user=" + server.user(),
                "--sidecar.backup.server.password=" + server.password(),
                "--sidecar.backup.server.databases=" + database,
                "--sidecar.proofs.starting-for=0s",
                "--sidecar.backup.checks.directory=" + folder.resolve("checks"),
                "--sidecar.backup.slots.daily.cron=-",
                "--sidecar.backup.slots.weekly.cron=-",
                "--sidecar.backup.directory=" + folder.resolve("backups"));
        assertThat(proveNow("BKP-2").finding().evidence())
                .as("of nothing everything could be said")
                .isEqualTo("No backups.");
        assertThat(proveNow("BKP-2").verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        Task task = sidecar.getBean(BackupTasks.class).take(database, true);
        await().atMost(Duration.ofMinutes(3))
                .until(() -> sidecar.getBean(BackupTasks.class)
                                .find(task.id())
                                .orElseThrow()
                                .state()
                        == State.DONE);
    }

    @AfterAll
    static void stop() {
        if (sidecar != null) {
            sidecar.close();
        }
        server.close();
    }

    @Test
    @Order(1)
    void holdForABackupThatWasTakenAndProven() throws Exception {
        for (String id : List.of("BKP-1", "BKP-2", "BKP-3", "BKP-4", "BKP-5", "BKP-8", "BKP-9")) {
            Drill drill = proveNow(id);

            assertThat(drill.verdict()).as(drill.toString()).isEqualTo(Verdict.HELD);
        }
        assertThat(proveNow("BKP-2").finding().evidence()).startsWith("Stored: 1 manual; the policy keeps");
        assertThat(proveNow("BKP-4").finding().evidence()).contains("every SHA-256 matches its manifest");
    }

    /** As by a clock that was ahead when they were made: they would count as fresh until then. */
    @Test
    @Order(2)
    void aBackupAndARestoreOfTomorrowProveNothing() {
        Backups backups = sidecar.getBean(Backups.class);
        Clock yesterday = Clock.offset(Clock.systemUTC(), Duration.ofDays(-1));

        Finding age = new BackupAgeProof(backups, sidecar.getBean(BackupProperties.class), yesterday).prove();
        Finding restore = new RestoreProof(backups, yesterday).prove();
        Finding checks = new OwnChecksProof(backups, yesterday).prove();

        assertThat(age.verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(age.evidence()).contains("the newest verified backup of shop_1 is dated", "still to come");
        assertThat(restore.verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(restore.evidence()).contains("the last restore of shop_1 is dated", "still to come");
        assertThat(checks.verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(checks.evidence()).contains("the last run of your checks of shop_1 is dated", "still to come");
    }

    @Test
    @Order(2)
    void encryptionThatIsOffDoesNotApply() throws Exception {
        assertThat(proveNow("BKP-6").finding().applicable()).isFalse();
    }

    @Test
    @Order(3)
    void theOnlyUserAndItsKnownPasswordAreRefused() throws Exception {
        Drill drill = proveNow("SEC-1");

        assertThat(drill.verdict()).as(drill.toString()).isEqualTo(Verdict.HELD);
        assertThat(drill.finding().evidence()).contains("PostgreSQL (postgres/postgres)");
    }

    @Test
    @Order(4)
    void oneFlippedBitInTheNewestBackupBreaksTheProofOfItsChecksum() throws Exception {
        flipOneBit();

        Drill drill = proveNow("BKP-4");

        assertThat(drill.verdict()).as(drill.toString()).isEqualTo(Verdict.BROKEN);
        assertThat(proveNow("BKP-3").verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(sidecar.getBean(Proofs.class).report().count(ProofState.BROKEN))
                .isPositive();
    }

    @Test
    @Order(5)
    void aForgedSetBreaksTheProofOfSignaturesAndNoOther() throws Exception {
        Path forged = folder.resolve("backups/shop.20261101T020000Z.daily.00000000");
        Files.createDirectories(forged);
        Files.writeString(forged.resolve("manifest.json"), "{}");

        Drill drill = proveNow("BKP-8");

        assertThat(drill.verdict()).as(drill.toString()).isEqualTo(Verdict.BROKEN);
        assertThat(drill.finding().evidence()).contains(forged.getFileName().toString(), "sidecar adopt");
        assertThat(proveNow("BKP-2").verdict()).isEqualTo(Verdict.HELD);
    }

    private static Drill proveNow(String id) throws Exception {
        Proofs proofs = sidecar.getBean(Proofs.class);
        Jobs jobs = sidecar.getBean(Jobs.class);
        await().atMost(Duration.ofMinutes(1))
                .until(() -> !jobs.status(proofs.job(id)).running());
        jobs.runNow(proofs.job(id)).get(2, TimeUnit.MINUTES);
        return proofs.last(id).orElseThrow();
    }

    private static void flipOneBit() throws IOException {
        Path dump;
        try (Stream<Path> files = Files.walk(folder.resolve("backups"))) {
            dump = files.filter(file -> file.getFileName().toString().startsWith("database.dump"))
                    .findFirst()
                    .orElseThrow();
        }
        try (RandomAccessFile file = new RandomAccessFile(dump.toFile(), "rw")) {
            file.seek(file.length() / 2);
            int before = file.read();
            file.seek(file.length() / 2);
            file.write(before ^ 1);
        }
    }
}
