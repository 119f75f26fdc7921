package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.jobs.Job.Run;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.jobs.Outcome.Result;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.Catalogue;
import dev.sidecar.sets.Copies;
import dev.sidecar.sets.Generation;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.stores.LocalStore;
import dev.sidecar.stores.S3Store;
import dev.sidecar.stores.TestStores;
import dev.sidecar.support.FaultyLink;
import dev.sidecar.support.FaultyLink.Fault;
import dev.sidecar.support.MutableClock;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.S3Server;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A directory and a bucket: each has the backup, and each has a level of its own. */
class TwoPlacesTest {

    private static final Instant MONDAY = Instant.parse("2026-11-23T02:00:00Z");

    private final PostgresServer server = PostgresServer.shared();
    private final S3Server bucketServer = S3Server.shared();
    private final FaultyLink link = FaultyLink.to(bucketServer.port());
    private final MutableClock clock = new MutableClock("2026-11-23T02:00:05Z");

    @TempDir
    private Path folder;

    private String database;
    private S3Store bucket;
    private Backups backups;
    private BackupJobs jobs;

    @BeforeEach
    void open() {
        database = server.createDatabase("placed");
        server.execute(
                database,
                "CREATE TABLE t (id int PRIMARY KEY, v text)",
                "INSERT INTO t SELECT i, md5(i::text) FROM generate_series(1, 1000) i");
        bucket = TestStores.bucket(bucketServer, link.endpoint(), bucketServer.createBucket(), "backups/");
        BackupFixture fixture = new BackupFixture(server, folder)
                .at(clock)
                .with("server.databases", database)
                .with("slots.daily.keep", 2);
        BackupProperties properties = fixture.properties();
        Catalogue catalogue = fixture.catalogue(new LocalStore(fixture.store), bucket);
        BackupMetrics metrics = new BackupMetrics(fixture.registry, properties.rpo(), properties.rto());
        backups = new Backups(properties, fixture.tools(catalogue), new InUse(folder.resolve("in-use")), metrics);
        Expiration expire =
                new Expiration(catalogue, backups::isInUse, RetentionPolicy.of(properties, backups::levelFor), clock);
        BackupRun run = new BackupRun(backups, new Copies(catalogue), expire);
        jobs = new BackupJobs(backups, run, properties, metrics, clock);
    }

    @AfterEach
    void close() {
        bucket.close();
        link.close();
        server.dropDatabase(database);
    }

    @Test
    void everyNightIsInBothAndExpiresFromBoth() {
        for (int night = 0; night < 3; night++) {
            assertThat(take(night).result()).isEqualTo(Result.SUCCESS);
        }

        assertThat(slots("local")).containsExactly(night(2), night(1));
        assertThat(slots("s3")).containsExactly(night(2), night(1));
        assertThat(of("local")).allMatch(backup -> backup.level().equals(java.util.Optional.of(VerificationLevel.L4)));
        assertThat(of("s3")).allMatch(backup -> backup.level().equals(java.util.Optional.of(VerificationLevel.L1)));

        assertThat(jobs.drill(new Run(night(2), true, 1)).result()).isEqualTo(Result.SUCCESS);
        assertThat(of("s3").get(0).level()).contains(VerificationLevel.L4);
    }

    @Test
    void aBucketThatIsAwayCostsNoBackupAndIsMadeUpFor() {
        link.next(10_000, "/", Fault.answer(503, "ServiceUnavailable"));

        Outcome alone = take(0);

        assertThat(alone.result()).isEqualTo(Result.FAILURE);
        assertThat(alone.reason()).contains("503");
        assertThat(slots("local")).containsExactly(night(0));
        assertThat(of("local").get(0).level()).contains(VerificationLevel.L4);

        link.repair();
        assertThat(take(1).result()).isEqualTo(Result.SUCCESS);
        assertThat(slots("s3")).containsExactly(night(1), night(0));
    }

    @Test
    void halfOfTheRowsGoneMakesABackupSuspectAndTheOneBeforeStays() {
        take(0);
        server.execute(database, "DELETE FROM t WHERE id > 400");
        take(1);

        List<Backup> local = of("local");
        assertThat(local.get(0).isSuspect()).isTrue();
        assertThat(local.get(1).isPinned()).isTrue();
        assertThat(of("s3").get(0).isSuspect()).isTrue();

        clock.tick(Duration.ofHours(7));
        backups.clear(local.get(0).id(), "meant");
        assertThat(of("s3").get(0).isSuspect()).isFalse();
    }

    private Outcome take(int night) {
        clock.set(night(night).plusSeconds(5).toString());
        return jobs.take(Generation.DAILY, new Run(night(night), true, 1));
    }

    private static Instant night(int night) {
        return MONDAY.plus(Duration.ofDays(night));
    }

    private List<Backup> of(String store) {
        return backups.list().stream()
                .filter(backup -> backup.store().equals(store))
                .toList();
    }

    private List<Instant> slots(String store) {
        return of(store).stream().map(backup -> backup.manifest().slot()).toList();
    }
}
