package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Manifest.FileKind;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.support.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Takes, proves and restores real databases. */
class RoundTripTest {

    private final PostgresServer server = PostgresServer.shared();

    @TempDir
    private Path folder;

    private BackupFixture fixture;
    private String database;

    @BeforeEach
    void database() {
        fixture = new BackupFixture(server, folder);
        database = server.createDatabase("round trip");
        server.execute(
                database,
                "CREATE TABLE customer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL)",
                "INSERT INTO customer (name) SELECT 'customer ' || i FROM generate_series(1, 1000) i",
                "CREATE TABLE invoice (id int PRIMARY KEY, customer bigint REFERENCES customer, total numeric(10, 2))",
                "INSERT INTO invoice SELECT i, 1 + i % 1000, i * 1.5 FROM generate_series(1, 5000) i",
                "CREATE TABLE event (at timestamptz NOT NULL, what text) PARTITION BY RANGE (at)",
                "CREATE TABLE event_2025 PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
                "CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
                "INSERT INTO event SELECT '2025-12-31'::timestamptz + i * interval '1 hour', 'x' FROM generate_series(1, 48) i",
                "CREATE SCHEMA \"Odd \"\"one\"",
                "CREATE TABLE \"Odd \"\"one\".\"a.b *\" (v text)",
                "INSERT INTO \"Odd \"\"one\".\"a.b *\" VALUES ('1'), ('2')",
                "CREATE UNLOGGED TABLE cache (k int)",
                "INSERT INTO cache VALUES (1)",
                "CREATE MATERIALIZED VIEW totals AS SELECT customer, sum(total) FROM invoice GROUP BY 1",
                "CREATE SEQUENCE never_used",
                "CREATE VIEW names AS SELECT name FROM customer",
                "SELECT lo_from_bytea(0, '\\xdeadbeef')");
    }

    @AfterEach
    void drop() {
        server.dropDatabase(database);
    }

    @Test
    void aBackupIsProvenByRestoringIt() throws Exception {
        Backups backups = fixture.backups();
        Backup backup = fixture.take(database);

        assertThat(fixture.stored())
                .containsExactlyInAnyOrder(
                        backup.id() + "/database.dump.zst",
                        backup.id() + "/globals.sql.zst",
                        backup.id() + "/definitions.tsv.zst",
                        backup.id() + "/create.sql",
                        backup.id() + "/definition.sql",
                        backup.id() + "/RESTORE.md",
                        backup.id() + "/SHA256SUMS",
                        backup.id() + "/SHA256SUMS." + fixture.backups().keyId() + ".sig",
                        backup.id() + "/manifest.json." + fixture.backups().keyId() + ".sig",
                        backup.id() + "/manifest.json");
        assertThat(backup.manifest().contents().tables())
                .extracting(Manifest.Table::qualifiedName, Manifest.Table::rows)
                .contains(
                        org.assertj.core.groups.Tuple.tuple("public.invoice", 5000L),
                        org.assertj.core.groups.Tuple.tuple("public.event_2025", 23L),
                        org.assertj.core.groups.Tuple.tuple("\"Odd \"\"one\".\"a.b *\"", 2L));
        assertThat(backup.manifest().contents().largeObjects()).isOne();

        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());
        assertThat(verification.problems()).isEmpty();
        assertThat(verification.reached()).isEqualTo(VerificationLevel.L4);
        assertThat(verification.measuredRestore()).isPresent();
        assertThat(backups.get(backup.id()).isVerified(VerificationLevel.L4)).isTrue();
        assertThat(leftInTemporaryDirectory("sidecar-scratch-")).isEmpty();
    }

    @Test
    void largeTablesAreDumpedAndRestoredSideBySideFromArchivesOfTheirOwn() throws Exception {
        fixture.with("dump.own-archive-above", "8KB").with("dump.digests", true).with("dump.jobs", 3);
        Backup backup = fixture.take(database);
        assertThat(backup.manifest().files(FileKind.TABLES)).hasSizeGreaterThanOrEqualTo(2);

        Backups backups = fixture.backups();
        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());
        assertThat(verification.problems()).isEmpty();
        assertThat(verification.held()).isTrue();
    }

    @Test
    void nothingOfTheDefinitionsIsLost() {
        fixture.with("dump.own-archive-above", "8KB");
        server.execute(
                database,
                "CREATE TABLE \"key of\" (id int PRIMARY KEY, code text UNIQUE, \"over\" int4range, other int REFERENCES \"key of\","
                        + " CHECK (id > 0), EXCLUDE USING gist (\"over\" WITH &&))",
                "INSERT INTO \"key of\" SELECT i, i, int4range(i * 10, i * 10 + 5), i FROM generate_series(1, 2000) i",
                "CREATE INDEX ON \"key of\" (lower(code)) WHERE id > 10",
                "COMMENT ON CONSTRAINT \"key of_pkey\" ON \"key of\" IS 'so it is'",
                "COMMENT ON CONSTRAINT \"key of_other_fkey\" ON \"key of\" IS 'and this'",
                "ALTER TABLE \"key of\" CLUSTER ON \"key of_pkey\"");
        String copy = database + " keys";
        String alone = database + " alone";
        try {
            Backup backup = fixture.take(database);
            assertThat(backup.manifest().files(FileKind.TABLES))
                    .anySatisfy(file -> assertThat(file.tables()).contains("public.\"key of\""));
            fixture.backups()
                    .restore(
                            RestoreRequest.intoNew(backup.id(), copy),
                            fixture.backups().progress());

            for (String definitions : List.of(
                    "SELECT conrelid::regclass || conname || pg_get_constraintdef(oid) || convalidated FROM pg_constraint ORDER BY 1",
                    "SELECT indexdef FROM pg_indexes WHERE schemaname <> 'pg_catalog' ORDER BY 1",
                    "SELECT indexrelid::regclass::text FROM pg_index WHERE indisclustered",
                    "SELECT description FROM pg_description WHERE classoid = 'pg_constraint'::regclass AND objoid >= 16384")) {
                assertThat(server.query(copy, definitions))
                        .as(definitions)
                        .isNotEmpty()
                        .isEqualTo(server.query(database, definitions));
            }

            fixture.backups()
                    .restore(
                            new RestoreRequest(backup.id(), alone, false, false, List.of("public.\"key of\"")),
                            fixture.backups().progress());
            assertThat(server.query(alone, "SELECT count(*) FROM \"key of\"")).containsExactly("2000");
        } finally {
            server.dropDatabase(copy);
            server.dropDatabase(alone);
        }
    }

    @Test
    void gzipAndEveryLevelBelow() {
        fixture.with("compression.method", "gzip");
        Backup backup = fixture.take(database);
        assertThat(backup.manifest().compression()).isEqualTo("gzip-9");
        Backups backups = fixture.backups();
        for (VerificationLevel level : VerificationLevel.values()) {
            assertThat(backups.verify(backup, level, backups.progress()).reached())
                    .isEqualTo(level);
        }
    }

    @Test
    void restoresIntoANewDatabaseWithOwnersGrantsAndSettings() {
        server.execute(
                "postgres",
                "CREATE ROLE \"%s owner\"".formatted(database),
                "CREATE ROLE \"%s reader\"".formatted(database));
        server.execute(
                database,
                "ALTER TABLE invoice OWNER TO \"%s owner\"".formatted(database),
                "GRANT SELECT ON customer TO \"%s reader\"".formatted(database),
                "ALTER DATABASE \"%s\" OWNER TO \"%s owner\"".formatted(database, database),
                "ALTER DATABASE \"%s\" SET work_mem = '7MB'".formatted(database),
                "REVOKE CONNECT ON DATABASE \"%s\" FROM PUBLIC".formatted(database));
        String copy = database + " copy";
        try {
            Backup backup = fixture.take(database);
            Backups backups = fixture.backups();
            Restored restored =
                    backups.restore(RestoreRequest.intoNew(backup.id(), copy).withConsent(), backups.progress());

            assertThat(restored.notes()).isEmpty();
            assertThat(restored.rows()).isEqualTo(backup.manifest().contents().rows());
            assertThat(server.query(copy, "SELECT tableowner FROM pg_tables WHERE tablename = 'invoice'"))
                    .containsExactly(database + " owner");
            assertThat(server.query(
                            copy, "SELECT has_table_privilege('%s reader', 'customer', 'SELECT')".formatted(database)))
                    .containsExactly("t");
            assertThat(server.query(copy, "SHOW work_mem")).containsExactly("7MB");
            assertThat(server.query(
                            copy, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"))
                    .containsExactly(database + " owner");
            assertThat(server.query(
                            copy,
                            "SELECT has_database_privilege('%s reader', current_database(), 'CONNECT')"
                                    .formatted(database)))
                    .containsExactly("f");
        } finally {
            server.dropDatabase(copy);
            server.dropDatabase(database);
            server.execute(
                    "postgres",
                    "DROP ROLE \"%s owner\"".formatted(database),
                    "DROP ROLE \"%s reader\"".formatted(database));
        }
    }

    @Test
    void restoresSingleTablesAndDefinitionsAlone() {
        fixture.with("dump.own-archive-above", "100KB");
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();
        String some = database + " some";
        String schema = database + " schema";
        try {
            Restored restored = backups.restore(
                    new RestoreRequest(
                            backup.id(), some, false, false, List.of("public.invoice", "\"Odd \"\"one\".\"a.b *\"")),
                    backups.progress());
            assertThat(restored.tables()).isEqualTo(2);
            assertThat(restored.rows()).isEqualTo(5002);
            assertThat(server.query(some, "SELECT count(*) FROM customer")).containsExactly("0");

            backups.restore(new RestoreRequest(backup.id(), schema, false, true, List.of()), backups.progress());
            assertThat(server.query(schema, "SELECT count(*) FROM invoice")).containsExactly("0");
        } finally {
            server.dropDatabase(some);
            server.dropDatabase(schema);
        }
    }

    @Test
    void replacesTheLiveDatabaseBySwappingNamesAndKeepsTheOldOne() throws Exception {
        Backup backup = fixture.take(database);
        server.execute(database, "DELETE FROM invoice", "INSERT INTO invoice VALUES (-1, 1, 0)");
        RestoreRequest request = new RestoreRequest(backup.id(), database, true, false, List.of());
        Backups backups = fixture.backups();
        String kept = null;
        try (var open = server.connect(database)) {
            RestorePlan plan = backups.plan(request);
            assertThat(plan.isPossible()).as(plan.toString()).isTrue();
            assertThat(plan.connections()).hasSize(1);

            Restored restored = backups.restore(request, backups.progress());
            kept = restored.kept().orElseThrow();
            assertThat(server.query(database, "SELECT count(*) FROM invoice")).containsExactly("5000");
            assertThat(server.query(kept, "SELECT count(*) FROM invoice")).containsExactly("1");
            assertThat(fixture.postgres().databases()).contains(database).doesNotContain(kept);
        } finally {
            if (kept != null) {
                server.dropDatabase(kept);
            }
        }
    }

    @Test
    void whatHappensWhileTheDumpRunsIsNotInItAndNotInTheManifest() {
        // pg_dump begins later than the snapshot; rows written in between must be in neither.
        fixture.with("dump.own-archive-above", "8KB").with("dump.jobs", 1);
        java.util.concurrent.atomic.AtomicBoolean stop = new java.util.concurrent.atomic.AtomicBoolean();
        Thread writer = new Thread(() -> {
            while (!stop.get()) {
                server.execute(
                        database,
                        "INSERT INTO customer (name) SELECT 'new' FROM generate_series(1, 50)",
                        "DELETE FROM invoice WHERE id IN (SELECT id FROM invoice LIMIT 5)");
            }
        });
        writer.start();
        try {
            Backup backup = fixture.take(database);
            Backups backups = fixture.backups();
            assertThat(backups.verify(backup, VerificationLevel.L4, backups.progress())
                            .problems())
                    .isEmpty();
        } finally {
            stop.set(true);
            try {
                writer.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    void metricsTellWhatWasTakenAndProven() {
        Backups backups = fixture.backups();
        Backup backup = backups.take(fixture.request(database), backups.progress());
        String labels = "{database=\"%s\",generation=\"manual\"".formatted(database);
        assertThat(fixture.metric("sidecar_backup_last_run_success" + labels)).isEqualTo("1.0");
        assertThat(fixture.metric("sidecar_backup_last_verification_success" + labels))
                .isEqualTo("NaN");
        assertThat(fixture.metric("sidecar_backup_restore_seconds" + labels)).isEqualTo("NaN");
        assertThat(fixture.metric("sidecar_backup_size_bytes" + labels))
                .isEqualTo(Double.toString(backup.manifest().storedBytes()));

        backups.verify(backup, VerificationLevel.L4, backups.progress());
        assertThat(fixture.metric("sidecar_backup_last_verification_success" + labels))
                .isEqualTo("1.0");
        assertThat(Double.parseDouble(fixture.metric("sidecar_backup_restore_seconds" + labels)))
                .isPositive();
        assertThat(Double.parseDouble(
                        fixture.metric("sidecar_backup_last_verified_timestamp_seconds" + labels + ",level=\"L4\"")))
                .isPositive();
        assertThat(fixture.metric("sidecar_backup_rpo_seconds")).isEqualTo("93600.0");
    }

    private static List<String> leftInTemporaryDirectory(String prefix) throws Exception {
        long self = ProcessHandle.current().pid();
        try (var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix))
                    .filter(file -> {
                        try {
                            return Files.readString(file.resolve("owner")).startsWith(self + " ");
                        } catch (java.io.IOException e) {
                            return false;
                        }
                    })
                    .map(Path::toString)
                    .toList();
        }
    }
}
