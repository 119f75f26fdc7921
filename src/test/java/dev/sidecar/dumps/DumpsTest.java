package dev.sidecar.dumps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.checks.OwnChecks;
import dev.sidecar.checks.TestChecks;
import dev.sidecar.dumps.DumpResult.DumpVerdict;
import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.postgres.TestPostgres;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.CheckResult;
import dev.sidecar.stores.TestStores;
import dev.sidecar.support.BoundSettings;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.S3Server;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Dumps that pg_dump itself wrote, in each of its forms, and what becomes of them where others keep them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DumpsTest {

    private final PostgresServer server = PostgresServer.shared();
    private PrometheusMeterRegistry registry;
    private OwnChecks ownChecks;
    private DumpsProperties properties;
    private Map<String, Object> backup;
    private Clock clock = Clock.systemUTC();

    @TempDir
    private Path shared;

    @TempDir
    private Path folder;

    private String database;
    private String owner;

    @BeforeAll
    void database() {
        database = server.createDatabase("dumped");
        owner = "owner of " + database;
        server.execute(
                database,
                "CREATE ROLE \"%s\"".formatted(owner),
                "CREATE SCHEMA app AUTHORIZATION \"%s\"".formatted(owner),
                "CREATE TABLE app.orders (id int PRIMARY KEY, at timestamptz, note text)",
                "ALTER TABLE app.orders OWNER TO \"%s\"".formatted(owner),
                "INSERT INTO app.orders SELECT i, now(), 'order ' || i FROM generate_series(1, 2000) i",
                "CREATE TABLE app.lines (id int REFERENCES app.orders)",
                "INSERT INTO app.lines SELECT id FROM app.orders",
                "ALTER TABLE app.lines ENABLE ROW LEVEL SECURITY",
                "CREATE POLICY own ON app.lines TO \"%s\" USING (true)".formatted(owner),
                "GRANT SELECT ON app.lines TO \"%s\"".formatted(owner));
    }

    @AfterAll
    void drop() {
        server.dropDatabase(database);
        server.execute("postgres", "DROP ROLE \"%s\"".formatted(owner));
    }

    @BeforeEach
    void settings() {
        backup = new HashMap<>();
    }

    static List<String> forms() {
        return List.of("custom", "directory", "tar", "plain", "plain with create", "gzip", "zstd", "packed folder");
    }

    @ParameterizedTest
    @MethodSource("forms")
    void everyFormOfDumpIsRestoredWithItsOwners(String form) throws Exception {
        dump(form, folder.resolve("nightly"));

        Dumps dumps = dumps(Map.of("database", database));

        DumpResult result = dumps.prove("nightly");

        assertThat(result.problems()).isEmpty();
        assertThat(result.verdict()).isEqualTo(DumpVerdict.RESTORED);
        assertThat(result.tables()).isEqualTo(2);
        assertThat(result.held()).isTrue();
        assertThat(result.notes()).anySatisfy(note -> assertThat(note).contains(owner, "created without rights"));
        assertThat(dumps.look("nightly").problems()).isEmpty();
        assertThat(registry.scrape()).contains("sidecar_dump_restored{source=\"nightly\"} 1.0");
    }

    @Test
    void yourOwnChecksRunOnIt() throws Exception {
        dump("custom", folder.resolve("app.dump"));
        Path checks = Files.createDirectories(shared.resolve("checks-own/shop"));
        Files.writeString(checks.resolve("orders.sql"), "-- expect: 2000\nSELECT count(*) FROM app.orders");
        Files.writeString(checks.resolve("lines.sql"), "-- at least: 2001\nSELECT count(*) FROM app.lines");
        Dumps dumps = dumps(Map.of("database", "shop"), checks.getParent());
        assertThat(ownChecks.misplaced(List.of())).isEmpty();

        DumpResult result = dumps.prove("nightly");

        assertThat(result.verdict()).isEqualTo(DumpVerdict.RESTORED);
        assertThat(result.checks())
                .extracting(CheckResult::sentence)
                .containsExactlyInAnyOrder(
                        "Check orders held: expected 2000, found 2000.",
                        "Check lines FAILED: expected at least 2001, found 2000.");
        assertThat(result.held()).isFalse();
        assertThat(dumps.look("nightly").problems())
                .containsExactly("nightly: Check lines FAILED: expected at least 2001, found 2000.");
        assertThat(dumps.look("nightly").lacksOnlyChecks()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"custom", "plain", "gzip", "zstd", "tar"})
    void aDumpThatIsCutOffIsDamaged(String form) throws Exception {
        Path whole = shared.resolve("whole-" + form);
        dump(form, whole);
        byte[] bytes = Files.readAllBytes(whole);
        // At the end of a statement, which no program notices by itself.
        int end = form.equals("plain")
                ? new String(bytes, StandardCharsets.ISO_8859_1).lastIndexOf("--\n-- PostgreSQL database dump complete")
                : bytes.length * 3 / 5;
        write(folder.resolve("app.dump"), Arrays.copyOf(bytes, end));

        DumpResult result = dumps(Map.of()).prove("nightly");

        assertThat(result.verdict()).as("%s", result.problems()).isEqualTo(DumpVerdict.DAMAGED);
        assertThat(dumps(Map.of()).look("nightly").problems())
                .singleElement()
                .asString()
                .startsWith("nightly: app.dump DAMAGED: ");
    }

    @Test
    void whatPostgresqlDoesNotTakeIsToldInItsWordsAndWithoutRows() throws Exception {
        write(folder.resolve("app.sql"), """
                SET client_encoding = 'UTF8';
                CREATE TABLE public.one (id int);
                CREATE TABLE public.two (id public.no_such_type);
                COPY public.one (id) FROM stdin;
                ana@example.org
                \\.
                COPY public.one (id) FROM stdin;
                5; ERROR:  ana@example.org
                \\.
                DO $$ BEGIN RAISE NOTICE 'ERROR:  ana@example.org'; END $$;
                CREATE FUNCTION public.tell() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE 'ana@example.org'; END $$;
                SELECT public.tell();
                DROP TABLE public.three;
                """.getBytes(StandardCharsets.UTF_8));

        DumpResult result = dumps(Map.of()).prove("nightly");

        assertThat(result.verdict()).isEqualTo(DumpVerdict.INCOMPLETE);
        assertThat(result.problems())
                .hasSize(3)
                .anySatisfy(problem -> assertThat(problem).contains("type \"public.no_such_type\" does not exist"))
                .noneSatisfy(problem -> assertThat(problem).contains("ana@"));
        assertThat(result.notes()).contains("It drops objects that do not exist, as a dump taken with --clean does.");
    }

    /** As people and other tools write scripts, without the schema. */
    @Test
    void aScriptMayCountOnTheDefaultSearchPath() throws Exception {
        write(
                folder.resolve("app.sql"),
                "CREATE TABLE a (i int);\nINSERT INTO a VALUES (1);\n".getBytes(StandardCharsets.UTF_8));

        DumpResult result = dumps(Map.of()).prove("nightly");

        assertThat(result.problems()).isEmpty();
        assertThat(result.tables()).isOne();
    }

    /** It is restored twice, as its roles are found by the first restore, which leaves a subscription in its way. */
    @Test
    void aSubscriptionDoesNotKeepADumpFromBeingRestoredAnew() throws Exception {
        write(folder.resolve("app.sql"), """
                CREATE TABLE a (i int);
                ALTER TABLE a OWNER TO somebody;
                CREATE SUBSCRIPTION s CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false, slot_name = 's');
                """.getBytes(StandardCharsets.UTF_8));

        DumpResult result = dumps(Map.of()).prove("nightly");

        assertThat(result.problems()).isEmpty();
        assertThat(result.verdict()).isEqualTo(DumpVerdict.RESTORED);
    }

    static Stream<Map.Entry<String, byte[]>> strange() {
        return Stream.of(
                Map.entry("It is empty.", new byte[0]),
                Map.entry("encrypted with age", "age-encryption.org/v1\n-> X25519".getBytes(StandardCharsets.UTF_8)),
                Map.entry("compressed with xz", new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z', 0, 1, 2}),
                Map.entry("neither SQL nor an archive", new byte[] {1, 0, 2, 0, 3}),
                Map.entry("It holds no table.", "SELECT 1;\n".getBytes(StandardCharsets.UTF_8)),
                Map.entry(
                        "could not restore it: extension \"nosuch\" is not available",
                        "CREATE TABLE a (i int);\nCREATE EXTENSION nosuch;\n".getBytes(StandardCharsets.UTF_8)));
    }

    @ParameterizedTest
    @MethodSource("strange")
    void whatIsNoUsableDumpSaysWhy(Map.Entry<String, byte[]> strange) throws Exception {
        write(folder.resolve("app.dump"), strange.getValue());

        DumpResult result = dumps(Map.of()).prove("nightly");

        assertThat(result.held()).isFalse();
        assertThat(result.problems()).singleElement().asString().contains(strange.getKey());
    }

    /** It runs as whoever restores it, in a place from which nothing of this machine is reached. */
    @Test
    void commandsInADumpReachNothing() throws Exception {
        Path loot = shared.resolve("loot");
        write(
                folder.resolve("app.sql"),
                "CREATE TABLE a (i int);\n\\! touch %s\nCOPY a TO PROGRAM 'touch %s';\n"
                        .formatted(loot, loot)
                        .getBytes(StandardCharsets.UTF_8));

        assertThat(dumps(Map.of()).prove("nightly").tables()).isOne();

        assertThat(loot).doesNotExist();
    }

    /** That the owners of databases are trusted says nothing of whoever writes to the folder. */
    @Test
    void nothingIsRestoredWithoutIsolationWhateverIsTrusted() throws Exception {
        Path loot = shared.resolve("loot");
        write(folder.resolve("app.sql"), "\\! touch %s\n".formatted(loot).getBytes(StandardCharsets.UTF_8));
        backup.put("scratch.sandboxes", "");
        backup.put("scratch.contents-trusted", "true");

        DumpResult result = dumps(Map.of()).prove("nightly");

        assertThat(loot).doesNotExist();
        assertThat(result.verdict()).isEqualTo(DumpVerdict.NOT_VERIFIED);
        assertThat(result.problems()).singleElement().asString().contains("Install bubblewrap");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\! kill -9 $PPID", "SELECT pg_terminate_backend(pg_backend_pid());"})
    void aRestoreThatIsBrokenOffIsNoProofAndNoDamage(String end) throws Exception {
        write(
                folder.resolve("app.sql"),
                "CREATE TABLE a (i int);\n%s\nCREATE TABLE b (i int);\n"
                        .formatted(end)
                        .getBytes(StandardCharsets.UTF_8));

        DumpResult result = dumps(Map.of()).prove("nightly");

        assertThat(result.verdict()).as("%s", result.problems()).isEqualTo(DumpVerdict.NOT_VERIFIED);
        assertThat(result.failures()).isOne();
    }

    @Test
    void aFileThatBecomesMuchLargerIsBrokenOff() throws Exception {
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve("app.sql.gz")))) {
            byte[] blanks = " ".repeat(1 << 20).getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < 70; i++) {
                out.write(blanks);
            }
        }
        finish(folder.resolve("app.sql.gz"));

        assertThat(dumps(Map.of()).prove("nightly").problems())
                .singleElement()
                .asString()
                .contains("Decompressed, it exceeds");
    }

    /** Of a server of its own, as it dumps all databases. */
    @Test
    void aDumpOfAWholeServerIsRestoredAndMustHaveItsEnd() throws Exception {
        Path whole = shared.resolve("all.sql");
        try (PostgresServer all = PostgresServer.start()) {
            all.execute(
                    "postgres", "CREATE DATABASE shop", "CREATE DATABASE zoo", "CREATE ROLE boss", "CREATE ROLE app");
            all.execute("postgres", "GRANT boss TO app");
            all.execute("shop", "CREATE TABLE orders (id int)", "ALTER TABLE orders OWNER TO app");
            all.execute("zoo", "CREATE TABLE cages (id int)");
            runAs(
                    all.password(),
                    all.programs().resolve("pg_dumpall").toString(),
                    "--host=" + all.host(),
                    "--port=" + all.port(),
                    "--username=" + all.user(),
                    "--file=" + whole);
        }
        byte[] bytes = Files.readAllBytes(whole);
        write(folder.resolve("all.sql"), bytes);
        DumpResult result = dumps(Map.of("database", "shop")).prove("nightly");
        assertThat(result.problems()).isEmpty();
        assertThat(result.verdict()).isEqualTo(DumpVerdict.RESTORED);
        assertThat(result.tables()).isOne();
        assertThat(dumps(Map.of("database", "else")).prove("nightly").problems())
                .singleElement()
                .asString()
                .contains("It holds the databases shop, zoo, and none is called else");

        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        String last = "-- PostgreSQL database dump complete\n--\n";
        int end = text.indexOf(last, text.indexOf("CREATE TABLE public.orders")) + last.length();
        write(folder.resolve("all.sql"), Arrays.copyOf(bytes, end));
        assertThat(dumps(Map.of("database", "shop")).prove("nightly").problems())
                .singleElement()
                .asString()
                .contains("pg_dumpall's");
    }

    @Test
    void whatOurSideCouldNotDoIsTriedAgainMoreAndMoreSeldom() throws Exception {
        write(folder.resolve("app.dump"), "age-encryption.org/v1\n".getBytes(StandardCharsets.UTF_8));
        Dumps dumps = dumps(Map.of("greatest-age", "30d"));
        assertThat(dumps.prove("nightly").failures()).isOne();
        assertThat(isDueAfter(Duration.ofMinutes(50))).isFalse();
        assertThat(isDueAfter(Duration.ofMinutes(70))).isTrue();

        assertThat(dumps.prove("nightly").failures()).isEqualTo(2);
        assertThat(isDueAfter(Duration.ofMinutes(110))).isFalse();
        assertThat(isDueAfter(Duration.ofMinutes(130))).isTrue();
        for (int i = 0; i < 10; i++) {
            dumps.prove("nightly");
        }
        assertThat(isDueAfter(Duration.ofHours(25))).isTrue();
    }

    /** A prover that is away says nothing about the dump, and takes nothing away from what was proven. */
    @Test
    void withoutAScratchServerTheResultBeforeStays() throws Exception {
        write(folder.resolve("app.sql"), "CREATE TABLE a (i int);".getBytes(StandardCharsets.UTF_8));
        dumps(Map.of()).prove("nightly");
        backup.put("scratch.prover", shared.resolve("away").toString());
        backup.put("scratch.prover-wait", "100ms");
        Dumps dumps = dumps(Map.of());

        assertThatThrownBy(() -> dumps.prove("nightly"))
                .isInstanceOf(BackupFailure.class)
                .hasMessageContaining("prover");

        DumpState state = dumps.look("nightly");
        assertThat(state.problems()).isEmpty();
        assertThat(state.lines()).anySatisfy(line -> assertThat(line).contains("could not be restored yet", "prover"));
    }

    /** A dump whose restore kills the sidecar would do so at each start. */
    @Test
    void aRestoreThatNeverEndedIsNotBegunAgainAtOnce() throws Exception {
        write(folder.resolve("app.sql"), "CREATE TABLE a (i int);".getBytes(StandardCharsets.UTF_8));
        dumps(Map.of());
        Path file = shared.resolve("results.json");
        DumpFile dump = new DumpFile(
                "app.sql",
                Files.size(folder.resolve("app.sql")),
                Files.getLastModifiedTime(folder.resolve("app.sql")).toInstant(),
                List.of("app.sql"),
                false);
        new DumpResults(file).begin("nightly", dump, Instant.now());

        assertThat(isDueAfter(Duration.ZERO)).isFalse();
        assertThat(isDueAfter(Duration.ofMinutes(61))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"results\":{\"nightly\":{}}}",
                "{\"results\":null}",
                "{",
                "[]",
                "{\"begun\":{\"nightly\":null}}"
            })
    void aResultsFileThatCannotBeReadCostsARestoreAndNothingElse(String content) throws Exception {
        Files.writeString(shared.resolve("results.json"), content);
        write(folder.resolve("app.sql"), "CREATE TABLE a (i int);".getBytes(StandardCharsets.UTF_8));
        Dumps dumps = dumps(Map.of());

        assertThat(dumps.look("nightly").problems()).containsExactly("nightly: no dump has been restored yet.");
        assertThat(dumps.isDue("nightly")).isTrue();
    }

    @Test
    void theJobRestoresWhatIsNewAndWhatSomebodyAsksFor() throws Exception {
        write(folder.resolve("app.sql"), "CREATE TABLE a (i int);".getBytes(StandardCharsets.UTF_8));
        Dumps dumps = dumps(Map.of());
        Job job = new DumpJobs(dumps, properties).jobs().get(0);

        assertThat(job.work().run(new Job.Run(Instant.EPOCH, true, 1)).result()).isEqualTo(Outcome.Result.SUCCESS);
        assertThat(job.work().run(new Job.Run(Instant.EPOCH, true, 1)).result()).isEqualTo(Outcome.Result.SKIPPED);
        assertThat(job.work().run(new Job.Run(Instant.EPOCH, false, 1)).result())
                .isEqualTo(Outcome.Result.SUCCESS);
        write(folder.resolve("app.sql"), "SELECT 1;".getBytes(StandardCharsets.UTF_8));
        Outcome failed = job.work().run(new Job.Run(Instant.EPOCH, true, 1));
        assertThat(failed.result()).isEqualTo(Outcome.Result.FAILURE);
        assertThat(failed.reason()).contains("It holds no table.");
    }

    private boolean isDueAfter(Duration time) throws IOException {
        clock = Clock.offset(Clock.systemUTC(), time);
        try {
            return dumps(Map.of("greatest-age", "30d")).isDue("nightly");
        } finally {
            clock = Clock.systemUTC();
        }
    }

    @Test
    void ageAndSizeAreJudgedAgainstTheSettingsAndTheDumpsBefore() throws Exception {
        for (int day = 5; day >= 1; day--) {
            Path dump = folder.resolve("app-%d.dump".formatted(day));
            dump("custom", dump);
            Files.setLastModifiedTime(dump, FileTime.from(Instant.now().minus(Duration.ofDays(day))));
        }
        Dumps dumps = dumps(Map.of("pattern", "app-*.dump"));
        dumps.prove("nightly");
        assertThat(dumps.look("nightly").problems()).isEmpty();
        assertThat(dumps.isDue("nightly")).isFalse();

        write(folder.resolve("app-0.dump"), "CREATE TABLE a (i int);".getBytes(StandardCharsets.UTF_8));
        write(folder.resolve("notes.txt"), new byte[0]);
        assertThat(dumps.isDue("nightly")).isTrue();
        assertThat(dumps.look("nightly").problems())
                .singleElement()
                .asString()
                .contains("the newest dump has 23 B", "are usual");
        assertThat(metric("size_bytes")).isEqualTo("23.0");
        assertThat(Double.parseDouble(metric("least_size_bytes")))
                .as("half of the median of those before it")
                .isBetween(24.0, 1e6);

        Files.delete(folder.resolve("app-0.dump"));
        assertThat(dumps(Map.of("pattern", "app-*.dump", "greatest-age", "1h"))
                        .look("nightly")
                        .problems())
                .satisfiesExactly(
                        newest -> assertThat(newest).contains("24.0 h old", "60 min is allowed"),
                        restored -> assertThat(restored).contains("24.0 h old", "with the time for a restore"));
        assertThat(dumps(Map.of("least-size", "1MB")).look("nightly").problems())
                .anySatisfy(problem -> assertThat(problem).contains("the least is 1.0 MB"));
    }

    /** The alerts read these: a restart must not look like a source without dumps, and one that is away not like an old one. */
    @Test
    void whatIsNotKnownYetHasNoValueAndWhatWasSeenStaysWhileTheSourceIsAway() throws Exception {
        dump("custom", folder.resolve("nightly"));
        long written =
                Files.getLastModifiedTime(folder.resolve("nightly")).toInstant().getEpochSecond();
        Dumps dumps = dumps(Map.of("database", database, "greatest-age", "2d"));
        assertThat(metric("readable")).isEqualTo("NaN");
        assertThat(metric("timestamp_seconds")).isEqualTo("NaN");
        assertThat(metric("greatest_age_seconds")).isEqualTo("172800.0");
        dumps.prove("nightly");
        assertThat(metric("readable")).isEqualTo("1.0");
        assertThat(metric("timestamp_seconds")).isEqualTo(Double.toString(written));

        Path away = Files.move(folder, shared.resolve("away"));
        assertThat(dumps.look("nightly").problems()).hasSize(1);
        assertThat(metric("readable")).isEqualTo("0.0");
        assertThat(metric("timestamp_seconds")).isEqualTo(Double.toString(written));
        assertThat(metric("restored")).isEqualTo("1.0");
        Files.move(away, folder);
        dumps.look("nightly");
        assertThat(metric("readable")).isEqualTo("1.0");

        dumps(Map.of("database", database));
        assertThat(metric("restored")).isEqualTo("1.0");
        assertThat(metric("timestamp_seconds")).isEqualTo("NaN");

        Dumps emptied = dumps(Map.of("pattern", "*.none"));
        emptied.look("nightly");
        assertThat(metric("timestamp_seconds")).isEqualTo("0.0");
    }

    /** The system lets nobody read this file, not even root, and lists it all the same. */
    @Test
    void aDumpThatIsListedAndCannotBeOpenedIsNotReadable() {
        // The kernel forgets files like this one when it is short of memory, and then takes them for new.
        Dumps dumps = dumps(Map.of("folder", "/sys/bus/platform", "pattern", "drivers_probe", "settled", "0s"));
        dumps.look("nightly");
        assertThat(metric("readable")).isEqualTo("1.0");

        assertThatThrownBy(() -> dumps.prove("nightly"))
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(BackupFailure.Reason.STORAGE));
        dumps.look("nightly");

        assertThat(metric("readable")).isEqualTo("0.0");
    }

    private String metric(String name) {
        String series = "sidecar_dump_" + name + "{source=\"nightly\"} ";
        return registry.scrape()
                .lines()
                .filter(line -> line.startsWith(series))
                .map(line -> line.substring(series.length()))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void whatIsStillBeingWrittenIsNoDumpYet() throws Exception {
        Files.writeString(folder.resolve("app.dump"), "CREATE TABLE a (i int);");

        Dumps dumps = dumps(Map.of());

        assertThat(dumps.look("nightly").problems()).containsExactly("nightly: no finished dump matches '**'.");
        assertThatThrownBy(() -> dumps.prove("nightly"))
                .isInstanceOf(BackupFailure.class)
                .hasMessageContaining("has no finished dump");
    }

    /** Who writes to the folder could let a link lead to any file of this machine. */
    @Test
    void linksAreNotFollowed() throws Exception {
        Path secret = Files.writeString(shared.resolve("secret"), "CREATE TABLE a (i int);");
        Files.createSymbolicLink(folder.resolve("app.sql"), secret);
        Files.createSymbolicLink(folder.resolve("below"), shared);

        assertThat(dumps(Map.of("settled", "0s")).look("nightly").newest()).isNull();
    }

    @Test
    void aBucketIsReadAsAFolderIs() throws Exception {
        Path dump = shared.resolve("for-bucket");
        dump("directory", dump);
        S3Server bucketServer = S3Server.shared();
        String bucket = bucketServer.createBucket();
        try (var store = TestStores.bucket(bucketServer, bucket, "dumps/");
                Stream<Path> files = Files.list(dump)) {
            for (Path file : files.toList()) {
                store.write("2026/app/" + file.getFileName(), Files.readAllBytes(file));
            }
        }
        Map<String, Object> settings = new HashMap<>(Map.of(
                "bucket",
                bucket,
                "endpoint",
                bucketServer.endpoint(),
                "access-key",
                bucketServer.accessKey(),
                "secret-key",
                bucketServer.secretKey(),
                "prefix",
                "dumps/",
                "pattern",
                "*/app",
                "settled",
                "0s"));
        Dumps dumps = dumps(settings);

        assertThat(dumps.prove("nightly").verdict()).isEqualTo(DumpVerdict.RESTORED);
        assertThat(dumps.look("nightly").newest()).isEqualTo("2026/app");

        settings.put("secret-key", "wrong");
        assertThat(dumps(settings).look("nightly").problems())
                .singleElement()
                .asString()
                .contains("fix sidecar.dumps.sources.nightly.access-key and secret-key");
    }

    @Test
    void settingsThatDoNotFitAreRefused() {
        assertThatThrownBy(() -> dumps(Map.of("bucket", "b")))
                .hasRootCauseMessage(
                        "sidecar.dumps.sources.nightly.folder is '%s', but it must be blank where sidecar.dumps.sources.nightly.bucket is set."
                                .formatted(folder));
    }

    private Dumps dumps(Map<String, ?> source) {
        return dumps(source, null);
    }

    private Dumps dumps(Map<String, ?> source, Path checks) {
        backup.put("server.programs", server.programs().toString());
        if (checks != null) {
            backup.put("checks.directory", checks.toString());
        }
        Map<String, Object> named = new HashMap<>();
        if (!source.containsKey("endpoint")) {
            named.put("sources.nightly.folder", folder.toString());
        }
        source.forEach((key, value) -> named.put("sources.nightly." + key, value));
        named.put("results-file", shared.resolve("results.json").toString());
        properties = BoundSettings.of("sidecar.dumps", named, DumpsProperties.class);
        Postgres postgres = TestPostgres.of(backup);
        ownChecks = TestChecks.of(backup);
        registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        return new Dumps(
                properties,
                postgres,
                ownChecks,
                new DumpResults(Path.of(properties.resultsFile())),
                new DumpMetrics(registry),
                clock);
    }

    /** As a job of last night left it. */
    private static void write(Path file, byte[] content) throws IOException {
        Files.write(file, content);
        finish(file);
    }

    private static void finish(Path dump) throws IOException {
        try (Stream<Path> files = Files.walk(dump)) {
            for (Path file : files.toList()) {
                Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
            }
        }
    }

    private void dump(String form, Path to) throws Exception {
        switch (form) {
            case "custom" -> pgDump(to, "-Fc");
            case "directory" -> pgDump(to, "-Fd");
            case "tar" -> pgDump(to, "-Ft");
            case "plain" -> pgDump(to, "-Fp");
            case "plain with create" -> pgDump(to, "-Fp", "-C");
            case "gzip" -> {
                Path plain = shared.resolve("plain.sql");
                pgDump(plain, "-Fp");
                try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(to))) {
                    Files.copy(plain, out);
                }
            }
            case "zstd" -> {
                Path plain = shared.resolve("to-zstd.dump");
                pgDump(plain, "-Fc", "-Z0");
                run("zstd", "-q", "-f", plain.toString(), "-o", to.toString());
            }
            case "packed folder" -> {
                Path packed = Files.createDirectories(shared.resolve("packed"));
                pgDump(packed.resolve("app"), "-Fd");
                run("tar", "-C", packed.toString(), "-czf", to.toString(), "app");
            }
            default -> throw new IllegalArgumentException(form);
        }
        finish(to);
    }

    private void pgDump(Path to, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                server.programs().resolve("pg_dump").toString(),
                "--dbname=" + server.jdbcUrl(database).replace("jdbc:", ""),
                "--username=" + server.user(),
                "--file=" + to));
        command.addAll(List.of(options));
        run(command.toArray(String[]::new));
    }

    private void run(String... command) throws Exception {
        runAs(server.password(), command);
    }

    private static void runAs(String password, String... command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("PGPASSWORD", password);
        Process process = builder.redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
    }
}
