package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.S3Server;
import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sets and WAL in a bucket, encrypted, over TLS. */
class BucketTest {

    private static final String PASSWORD = "for-the-test";

    @Test
    void aMomentIsRecoveredOutOfABucket(@TempDir Path folder, @TempDir Path keys) throws Exception {
        S3Server s3 = S3Server.startEncrypted(keyStore(keys), PASSWORD);
        try (ArchivedServer archived = ArchivedServer.start(
                folder, """
                repo1-type=s3
                repo1-path=/pitr
                repo1-s3-bucket=%s
                repo1-s3-endpoint=127.0.0.1
                repo1-storage-port=%d
                repo1-storage-verify-tls=n
                repo1-s3-uri-style=path
                repo1-s3-region=us-east-1
                repo1-s3-key=%s
                repo1-s3-key-secret=%s
                repo1-cipher-type=aes-256-cbc
                repo1-cipher-pass=a pass phrase of the test
                """.formatted(s3.createBucket(), s3.port(), s3.accessKey(), s3.secretKey()))) {
            archived.server().execute("postgres", "CREATE TABLE rows (row int)");
            Pitr pitr = archived.with("repository", "").pitr();
            pitr.take(PhysicalSet.Type.FULL);
            archived.server().execute("postgres", "INSERT INTO rows VALUES (1)", "SELECT pg_sleep(1.1)");
            pitr.take(PhysicalSet.Type.INCREMENTAL);
            archived.server().execute("postgres", "SELECT pg_sleep(2)", "INSERT INTO rows VALUES (2)");
            Instant moment = OffsetDateTime.parse(archived.server()
                            .query(
                                    "postgres",
                                    "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
                            .get(0))
                    .toInstant();
            archived.server().execute("postgres", "INSERT INTO rows VALUES (3)");

            // Its markers have all of that archived.
            RecoveryResult drill = pitr.prove();
            assertThat(drill.problems()).isEmpty();

            PitrState state = pitr.look();
            assertThat(state.problems()).isEmpty();
            assertThat(state.freeBytes()).isNegative();
            Recoveries recoveries = archived.recoveries();
            RecoveryPlan plan = recoveries.plan(RecoveryTarget.at(moment));
            assertThat(plan.reach().set().type()).isEqualTo(PhysicalSet.Type.INCREMENTAL);
            recoveries.beside(plan);
            assertThat(archived.beside("postgres", "SELECT row FROM rows ORDER BY row"))
                    .isEqualTo(List.of("1", "2"));
        } finally {
            s3.close();
        }
    }

    private static Path keyStore(Path folder) throws Exception {
        Path store = folder.resolve("keys.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-J-XX:TieredStopAtLevel=1",
                        "-J-XX:+UseSerialGC",
                        "-genkeypair",
                        "-alias",
                        "bucket",
                        "-keyalg",
                        "RSA",
                        "-dname",
                        "CN=bucket.test",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        PASSWORD)
                .inheritIO()
                .start();
        assertThat(keytool.waitFor()).isZero();
        return store;
    }
}
