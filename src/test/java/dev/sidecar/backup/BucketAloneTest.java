package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.stores.S3Store;
import dev.sidecar.stores.TestStores;
import dev.sidecar.support.FaultyLink;
import dev.sidecar.support.FaultyLink.Fault;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.S3Server;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A bucket as the only place, which breaks off in the middle of a dump. */
class BucketAloneTest {

    private static final Map<String, Fault> FAULTS = Map.of(
            "error",
            Fault.answer(500, "InternalError"),
            "overload",
            Fault.answer(503, "SlowDown"),
            "forbidden",
            Fault.answer(403, "AccessDenied"),
            "skew",
            Fault.answer(403, "RequestTimeTooSkewed"),
            "silence",
            Fault.silence());

    private final PostgresServer server = PostgresServer.shared();
    private final S3Server bucketServer = S3Server.shared();
    private final FaultyLink link = FaultyLink.to(bucketServer.port());

    @TempDir
    private Path folder;

    private BackupFixture fixture;
    private String database;
    private String name;
    private S3Store bucket;

    @BeforeEach
    void open() {
        database = server.createDatabase("bucket");
        // More than two parts of an upload, and not to be compressed.
        server.execute(
                database,
                "CREATE TABLE noise AS SELECT i, md5(random()::text) || md5(random()::text) || md5(random()::text)"
                        + " || md5(random()::text) AS text FROM generate_series(1, 300000) i");
        fixture = new BackupFixture(server, folder);
        name = bucketServer.createBucket();
        bucket = TestStores.bucket(bucketServer, link.endpoint(), name, "");
    }

    @AfterEach
    void close() {
        bucket.close();
        link.close();
        server.dropDatabase(database);
    }

    @ParameterizedTest
    @CsvSource({
        "error, partNumber=2",
        "overload, partNumber=2",
        "skew, partNumber=2",
        "silence, partNumber=2",
        "forbidden, manifest.json",
        "error, RESTORE.md"
    })
    void theRunFailsNothingIsLeftAndTheLastGoodOneStays(String fault, String request) {
        Backups backups = fixture.backups(bucket);
        Backup good = backups.take(fixture.request(database), backups.progress());
        link.next(1_000, request, FAULTS.get(fault));

        assertThatThrownBy(() -> backups.take(fixture.request(database), backups.progress()))
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.STORAGE));
        link.repair();

        assertThat(backups.list()).extracting(Backup::id).containsExactly(good.id());
        assertThat(bucket.client()
                        .listMultipartUploads(uploads -> uploads.bucket(name))
                        .uploads())
                .as("parts that would be paid for")
                .isEmpty();
        assertThat(bucket.client()
                        .listObjectsV2(objects -> objects.bucket(name))
                        .contents())
                .allMatch(object -> object.key().startsWith(good.id() + "/"));
        Awaitility.await("the database is let go")
                .atMost(Duration.ofSeconds(60))
                .until(() -> server.query(
                                "postgres",
                                "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'sidecar%' AND datname = '"
                                        + database + "'")
                        .isEmpty());
        assertThat(backups.verify(good, VerificationLevel.L4, backups.progress())
                        .held())
                .isTrue();
    }
}
