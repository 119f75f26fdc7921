package dev.sidecar.duty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.S3Server;
import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Two sidecars, each in a JVM of its own, on one real database and one store; one of them is killed, and one has a wrong clock. */
class SeveralSidecarsTest {

    private static final PostgresServer SERVER = PostgresServer.shared();
    private static final Duration LONG = Duration.ofMinutes(2);
    private static final Duration AHEAD = Duration.ofSeconds(45);
    private static final String SHARED = System.getProperty("sidecar.test.duty.shared", "true");

    @TempDir
    Path folder;

    private final List<OneOfSeveral> started = new ArrayList<>();
    private String database;

    @BeforeEach
    void fill() throws IOException {
        database = SERVER.createDatabase("several");
        SERVER.execute(database, "CREATE TABLE product AS SELECT generate_series(1, 100) AS id");
        slowDumps();
    }

    /** A dump takes long enough to be interrupted. */
    private void slowDumps() throws IOException {
        Path programs = Files.createDirectory(folder.resolve("programs"));
        try (Stream<Path> real = Files.list(SERVER.programs())) {
            for (Path program : real.toList()) {
                if (!program.endsWith("pg_dump")) {
                    Files.createSymbolicLink(programs.resolve(program.getFileName()), program);
                }
            }
        }
        Path dump = Files.writeString(
                programs.resolve("pg_dump"),
                "#!/bin/sh\ncase \"$*\" in *--version*) ;; *) sleep 2 ;; esac\nexec %s/pg_dump \"$@\"\n"
                        .formatted(SERVER.programs()));
        Files.setPosixFilePermissions(dump, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterEach
    void stop() {
        started.forEach(OneOfSeveral::close);
        SERVER.dropDatabase(database);
    }

    @Test
    void onOneFolderOneDumpsAndTheOtherGoesOnWhereItWasKilledAlthoughTheirClocksDiffer() throws Exception {
        Map<String, Object> settings = settings();
        settings.put("sidecar.backup.directory", folder.resolve("backups"));

        takesTurns(settings, AHEAD);

        try (Stream<Path> files = Files.walk(folder.resolve("backups"))) {
            assertThat(files.filter(file -> file.toString().endsWith(".part"))).isEmpty();
        }
    }

    @Test
    void onOneBucketOneDumpsAndTheOtherGoesOnWhereItWasKilled() throws Exception {
        S3Server s3 = S3Server.shared();
        Map<String, Object> settings = settings();
        settings.put("sidecar.backup.directory", "");
        settings.put("sidecar.backup.s3.bucket", s3.createBucket());
        settings.put("sidecar.backup.s3.endpoint", s3.endpoint());
        settings.put("sidecar.backup.s3.access-key", s3.accessKey());
        settings.put("sidecar.backup.s3.secret-key", s3.secretKey());
        settings.put("sidecar.backup.scratch.directory", folder.resolve("scratch"));

        takesTurns(settings, Duration.ZERO);
    }

    @Test
    void aBalancerFindsTheOneOnDutyAndASessionOfTheOtherIsAskedToLogIn() throws Exception {
        Map<String, Object> settings = settings();
        settings.put("sidecar.backup.directory", folder.resolve("backups"));
        settings.put("sidecar.backup.slots.daily.cron", "-");
        settings.put("sidecar.backup.slots.drill", "-");
        OneOfSeveral one = sidecar("one", Duration.ZERO, settings);
        OneOfSeveral two = sidecar("two", Duration.ZERO, settings);
        one.started();
        two.started();
        OneOfSeveral working = onDuty(one, two);
        OneOfSeveral waiting = working == one ? two : one;
        // One browser: cookies are kept by host, whatever the port, as behind a balancer.
        HttpClient browser =
                HttpClient.newBuilder().cookieHandler(new CookieManager()).build();

        String token = login(browser, working);
        assertThat(send(browser, working, "/readiness", null).statusCode()).isEqualTo(200);
        HttpResponse<String> elsewhere = send(browser, waiting, "/readiness", null);
        assertThat(elsewhere.statusCode()).isEqualTo(302);
        assertThat(elsewhere.headers().firstValue("Location")).hasValue("/login");

        login(browser, working);
        HttpResponse<String> form = send(browser, waiting, "/logout", "_csrf=" + token);
        assertThat(form.statusCode()).as(form.body()).isEqualTo(302);
        assertThat(form.headers().firstValue("Location")).hasValue("/login");

        login(browser, waiting);
        assertThat(send(browser, waiting, "/readiness", null).body())
                .contains("another sidecar, %s, is on duty".formatted(working.name));
        assertThat(waiting.asAdmin("/actuator/health").body()).contains("\"status\":\"UP\"");
    }

    /** @return the token of the forms of its session */
    private static String login(HttpClient browser, OneOfSeveral sidecar) throws Exception {
        String token = token(send(browser, sidecar, "/login", null).body());
        HttpResponse<String> in = send(
                browser,
                sidecar,
                "/login",
                "username=admin&password=" + OneOfSeveral.PASSWORD.replace(" ", "+") + "&_csrf=" + token);
        assertThat(in.headers().firstValue("Location").orElse("")).doesNotContain("error");
        return token(send(browser, sidecar, "/readiness", null).body());
    }

    private static String token(String page) {
        Matcher token = Pattern.compile("name=\"_csrf\"[^>]*value=\"([^\"]+)\"").matcher(page);
        assertThat(token.find()).as(page).isTrue();
        return token.group(1);
    }

    private static HttpResponse<String> send(HttpClient browser, OneOfSeveral sidecar, String path, String form)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + sidecar.port + path));
        if (form != null) {
            request.header("Content-Type", "application/x-www-form-urlencoded").POST(BodyPublishers.ofString(form));
        }
        return browser.send(request.build(), BodyHandlers.ofString());
    }

    private void takesTurns(Map<String, Object> settings, Duration skew) throws Exception {
        OneOfSeveral one = sidecar("one", Duration.ZERO, settings);
        OneOfSeveral two = sidecar("two", skew, settings);
        one.started();
        two.started();
        OneOfSeveral working = onDuty(one, two);
        OneOfSeveral waiting = working == one ? two : one;

        await("backups and drills").atMost(LONG).untilAsserted(() -> {
            assertThat(working.runs("backup-daily", "success")).isGreaterThanOrEqualTo(2);
            assertThat(working.runs("backup-drill", "success")).isPositive();
            assertThat(waiting.runs("backup-daily", "skipped")).isGreaterThanOrEqualTo(2);
        });
        assertThat(waiting.isOnDuty()).isFalse();
        for (String job : List.of("backup-daily", "backup-drill")) {
            assertThat(waiting.runs(job, "success") + waiting.runs(job, "failure"))
                    .as("runs of %s", job)
                    .isZero();
        }
        assertThat(waiting.output)
                .anyMatch(line -> line.contains("another sidecar, %s, is on duty".formatted(working.name)));
        everySlotOnce(waiting);
        // What one took the other has proven, by reading it, and calls nothing late.
        assertThat(backups(waiting)).anySatisfy(backup -> {
            assertThat(backup.path("level").asString()).isEqualTo("L2");
            assertThat(backup.path("database").asString()).isEqualTo(database);
        });
        // Its metrics follow at its own next slot.
        await("metrics").atMost(LONG).untilAsserted(() -> {
            assertThat(waiting.metric("sidecar_backup_last_success_timestamp_seconds", "daily"))
                    .isGreaterThan(Instant.now().minusSeconds(90).getEpochSecond());
            assertThat(waiting.metric("sidecar_backup_last_verified_timestamp_seconds", "daily", "L2"))
                    .isGreaterThan(Instant.now().minusSeconds(120).getEpochSecond());
        });
        assertThat(waiting.metric("sidecar_duty")).isZero();

        await("a dump").atMost(LONG).pollInterval(Duration.ofMillis(100)).until(this::isDumping);
        int before = backups(waiting).size();
        working.kill();

        await("the duty changes").atMost(Duration.ofSeconds(20)).until(waiting::isOnDuty);
        await("the slot is taken again").atMost(LONG).until(() -> waiting.runs("backup-daily", "success") >= 1);
        assertThat(backups(waiting)).hasSizeGreaterThan(before);

        started.remove(working);
        OneOfSeveral back = sidecar(working.name, working == one ? Duration.ZERO : skew, settings)
                .started();
        await("it waits").atMost(LONG).until(() -> back.runs("backup-daily", "skipped") > 0);
        waiting.close();
        await("the duty changes back").atMost(Duration.ofSeconds(20)).until(back::isOnDuty);
        await("it takes backups").atMost(LONG.plus(skew)).until(() -> back.runs("backup-daily", "success") >= 1);
        everySlotOnce(back);
    }

    private OneOfSeveral onDuty(OneOfSeveral one, OneOfSeveral two) {
        await("one of them").atMost(LONG).until(() -> one.isOnDuty() != two.isOnDuty());
        return one.isOnDuty() ? one : two;
    }

    private boolean isDumping() {
        return !SERVER.query(
                        "postgres",
                        "SELECT 1 FROM pg_stat_activity WHERE application_name = 'sidecar backup' AND datname = '%s'"
                                .formatted(database))
                .isEmpty();
    }

    private void everySlotOnce(OneOfSeveral asked) throws Exception {
        List<String> slots = new ArrayList<>();
        backups(asked).forEach(backup -> slots.add(backup.path("slot").asString()));
        assertThat(slots).isNotEmpty().doesNotHaveDuplicates();
        assertThat(JsonMapper.shared()
                        .readTree(asked.asAdmin("/api/backups/refused").body()))
                .isEmpty();
    }

    private JsonNode backups(OneOfSeveral asked) throws Exception {
        return JsonMapper.shared().readTree(asked.asAdmin("/api/backups").body());
    }

    private OneOfSeveral sidecar(String name, Duration skew, Map<String, Object> settings) {
        OneOfSeveral sidecar = new OneOfSeveral(name, skew, folder.resolve(name), settings);
        started.add(sidecar);
        return sidecar;
    }

    private Map<String, Object> settings() {
        Map<String, Object> settings = new HashMap<>(Map.of(
                "sidecar.duty.shared", SHARED,
                "sidecar.backup.signing.directory", folder.resolve("key"),
                "sidecar.backup.slots.daily.cron", "0/20 * * * * *",
                "sidecar.backup.slots.daily.keep", "100",
                "sidecar.backup.slots.weekly.cron", "-",
                "sidecar.backup.slots.drill", "10/20 * * * * *",
                "sidecar.backup.verify.level", "L2"));
        settings.putAll(Map.of(
                "sidecar.backup.server.host", SERVER.host(),
                "sidecar.backup.server.port", SERVER.port(),
                "sidecar.backup.server.user", SERVER.user(),
                "sidecar.backup.server.password", SERVER.password(),
                "sidecar.backup.server.programs", folder.resolve("programs"),
                "sidecar.backup.server.databases", database));
        return settings;
    }
}
