package dev.sidecar.proofs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.console.Browser;
import dev.sidecar.proofs.alerting.AlertingProofsFixture;
import dev.sidecar.proofs.performance.PerformanceProofsFixture;
import dev.sidecar.support.PrometheusServer;
import dev.sidecar.support.RunbookPages;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * One fault at a time in a world where everything holds: exactly the proofs whose claim it breaks break, and no other. Those that leave
 * something behind come last.
 */
@Tag("long")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FaultsTest {

    /** Encryption is off in this world; the others measure time, which says nothing where tests run. */
    private static final List<String> LEFT_OUT = List.of("BKP-6", "LOG-6", "MET-5", "PRF-2");

    private static final Duration LIMIT = Duration.ofMinutes(4);

    /** Series that runbooks ask for and that this world cannot have, each with the reason. */
    private static final Map<String, String> WITHOUT_SERIES = Map.of(
            "sidecar_pitr_.*", "point-in-time recovery is off",
            "prometheus_remote_storage_(samples|queue)_.*", "no store elsewhere is written to: FarEndProofTest",
            "sidecar_relay_.*", "no other host pushes here",
            "sidecar_dump_.*", "no dumps of others are named",
            "pgbouncer_.*", "no PgBouncer is in front",
            "node_nf_conntrack_.*", "the kernel has no table before a firewall asks for it",
            "loki_process_custom_nginx_http_requests_total\\{.*", "Alloy is played, and its page knows no status",
            "redis_acl_access_denied_auth_total", "Redis before 7.2 does not count refused logins",
            "pg_settings_reserved_connections", "PostgreSQL before 16 reserves none");

    private static ProvenWorld world;

    private interface Change {
        void make() throws Exception;
    }

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        world = new ProvenWorld(folder);
    }

    @AfterAll
    static void stop() throws Exception {
        if (world != null) {
            world.close();
        }
    }

    @Test
    @Order(1)
    void everythingThatIsConfiguredHolds() {
        awaitNotHeld(world::withoutSlow, Map.of(), Duration.ofMinutes(5));
        awaitNotHeld(() -> world.only("ALR-4", "ALR-5", "ALR-6"), Map.of(), Duration.ofMinutes(5));
    }

    /**
     * What a page asks at night has an answer: each series that a query of a runbook reads is scraped from programs that run. The pages of
     * the API, Loki and Alloy are played.
     */
    @Test
    @Order(1)
    void everyQueryOfARunbookFindsItsSeries() throws Exception {
        Map<String, Set<String>> queries = RunbookPages.queries();
        assertThat(queries.keySet()).hasSizeGreaterThan(80);

        try (Connection open = world.postgres.connect("shop")) {
            open.setAutoCommit(false);
            open.createStatement().execute("SELECT 1");
            await("series of all queries of runbooks")
                    .atMost(LIMIT)
                    .pollInterval(Duration.ofSeconds(5))
                    .untilAsserted(() -> {
                        for (int status : List.of(200, 401, 403, 429)) {
                            world.request(status);
                        }
                        Map<String, Set<String>> without = without(queries);
                        assertThat(without.keySet())
                                .as("%s", without)
                                .allMatch(selector ->
                                        WITHOUT_SERIES.keySet().stream().anyMatch(selector::matches));
                    });
        }
        assertThat(WITHOUT_SERIES)
                .as("reasons that are needed no more")
                .allSatisfy((selectors, reason) -> assertThat(without(queries).keySet())
                        .as("%s, unless the program here is newer", selectors)
                        .matches(without -> reason.contains(" before ")
                                || without.stream().anyMatch(selector -> selector.matches(selectors))));
    }

    /** Selectors of queries that find nothing, each with the pages that ask for it. */
    private static Map<String, Set<String>> without(Map<String, Set<String>> queries) {
        Map<String, Set<String>> without = new TreeMap<>();
        queries.forEach((query, pages) -> {
            ask(query);
            RunbookPages.selectors(world.prometheus().parse(query)).stream()
                    .filter(selector -> ask(selector).isEmpty())
                    .forEach(selector -> without.computeIfAbsent(selector, first -> new TreeSet<>())
                            .addAll(pages));
        });
        return without;
    }

    /** A query that Prometheus refuses fails here. */
    private static JsonNode ask(String query) {
        return PrometheusServer.get(world.prometheus().address(), "/api/v1/query", Map.of("query", query))
                .path("result");
    }

    /** Most pictures of the documentation; {@code ./regenerate screenshots} takes them over. */
    @Test
    @Order(2)
    void andTheConsoleShowsIt() throws Exception {
        awaitNotHeld(world::all, Map.of(), Duration.ofMinutes(5));
        try (Browser browser = new Browser(world.console()).logIn(ProvenWorld.ownPassword())) {
            browser.size(1200, 900);
            for (boolean dark : new boolean[] {false, true}) {
                browser.dark(dark);
                browser.open("/readiness");
                await().untilAsserted(() ->
                        assertThat(browser.texts(".proof.broken .id")).isSubsetOf(LEFT_OUT));
                assertThat(browser.texts(".proof.held .id")).hasSizeGreaterThan(30);
                browser.picture(dark ? "readiness-dark" : "readiness");
                browser.open("/alerts").picture(dark ? "alerts-dark" : "alerts");
            }
            browser.dark(false);
            browser.open("/requests?id=" + world.requestId()).picture("requests");
            assertThat(browser.texts("table.lines td:nth-child(2)"))
                    .as("how long it took, beside its bar")
                    .anyMatch(took -> took.matches("[0-9.]+ ms"));
            browser.size(360, 740);
            browser.open("/readiness").picture("readiness-small");
        }
    }

    /** The pages of the programs' files count as resident and cost nothing; the least of these programs has 10 MiB of them. */
    @Test
    @Order(2)
    void whatWatchingCostsIsWhatTheProgramsHold() {
        double resident = world.value(
                "(sum(process_resident_memory_bytes{job=~\"prometheus|alertmanager|node|postgres|redis|nginx|loki|grafana\"})"
                        + " + sum(sidecar_process_resident_bytes)) / 1048576");

        String evidence = world.only("PRF-1").get("PRF-1").finding().evidence();

        assertThat(Double.parseDouble(evidence.split(" ")[0])).isLessThan(resident - 50);
    }

    /** A rate over more time than there is comes out too small, and would be a tick that nobody earned. */
    @Test
    @Order(2)
    void whatWatchingCostsIsNotJudgedBeforeItWasWatchedForSoLong() throws Exception {
        Finding finding = PerformanceProofsFixture.watchingCost(world.prometheusClient(), Duration.ofHours(6))
                .prove();

        assertThat(finding.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(finding.evidence()).contains("has not passed since the start");
    }

    @Test
    @Order(2)
    void whatReachesPeopleIsLimited() {
        // What was sent before may still arrive; what this one sends would arrive each time.
        await().atMost(Duration.ofMinutes(2)).untilAsserted(() -> {
            int told = world.delivered();

            Finding finding =
                    AlertingProofsFixture.routeDrills(world.drills(), 1).prove();

            assertThat(finding.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
            assertThat(finding.evidence()).contains("sidecar.proofs.route-drills-per-day");
            assertThat(world.delivered()).isEqualTo(told);
        });
    }

    @Test
    @Order(2)
    void aRuleWithAMisspeltMetric() throws Exception {
        exactly(
                Map.of("ALR-3", Verdict.BROKEN),
                () -> world.plantRule(
                        "groups: [{name: planted, rules: [{alert: Misspelt, expr: 'rate(sidecar_gateway_requsts_seconds_count[20s]) > 1'}]}]"),
                () -> world.plantRule(""));
    }

    @Test
    @Order(2)
    void aPanelWithADeadQuery() throws Exception {
        exactly(Map.of("DSH-2", Verdict.BROKEN), () -> world.grafana.show("""
                        {"uid": "planted", "title": "Planted", "refresh": "30s", "time": {"from": "now-6h"}, "panels": [{"title": "Dead", "datasource": {"uid": "prometheus"},
                          "targets": [{"expr": "sum(rate(sidecar_gateway_requsts_seconds_count[1m]))"}]}]}"""), () -> world.grafana.hide("planted"));
    }

    /** Loki answers a selector of streams that cannot be with nothing. */
    @Test
    @Order(2)
    void aPanelOfLinesWithAMisspeltLabel() throws Exception {
        exactly(Map.of("DSH-2", Verdict.BROKEN), () -> world.grafana.show("""
                        {"uid": "planted", "title": "Planted", "refresh": "30s", "time": {"from": "now-6h"}, "panels": [{"title": "Dead", "datasource": {"uid": "loki"},
                          "targets": [{"expr": "{stack=~\\".+\\",servce=\\"api\\"} |= `{x=\\"y\\"}`"}]}]}"""), () -> world.grafana.hide("planted"));
    }

    /** The sidecar can ask what the panel would, and people see an empty panel. */
    @Test
    @Order(2)
    void aDataSourceThatGrafanaHasLost() throws Exception {
        AtomicReference<URI> lost = new AtomicReference<>();
        exactly(
                Map.of("DSH-2", Verdict.BROKEN),
                () -> lost.set(world.grafana.loseSource("Loki")),
                () -> world.grafana.addSource("Loki", lost.get()));
    }

    @Test
    @Order(2)
    void aGrafanaThatTakesAdminAdmin() throws Exception {
        exactly(
                Map.of("SEC-1", Verdict.BROKEN),
                () -> world.grafana.accept("admin"),
                () -> world.grafana.refuse("admin"));
    }

    @Test
    @Order(2)
    void aPostgresqlWithThePasswordThatEverybodyKnows() throws Exception {
        exactly(
                Map.of("SEC-1", Verdict.BROKEN),
                () -> world.sqlAsKeeper("ALTER ROLE postgres PASSWORD 'postgres'"),
                () -> world.sqlAsKeeper("ALTER ROLE postgres PASSWORD '" + world.postgres.password() + "'"));
    }

    @Test
    @Order(2)
    void backupsTakenByASuperuser() throws Exception {
        exactly(
                Map.of("SEC-9", Verdict.BROKEN),
                () -> world.sqlAsKeeper("ALTER ROLE saver SUPERUSER"),
                () -> world.sqlAsKeeper("ALTER ROLE saver NOSUPERUSER"));
    }

    @Test
    @Order(2)
    void aRedisWithThePasswordOfItsExample() throws Exception {
        exactly(
                Map.of("SEC-1", Verdict.BROKEN),
                () -> world.redisPassword("foobared"),
                () -> world.redisPassword(ProvenWorld.ownPassword()));
    }

    @Test
    @Order(2)
    void aFileWithASecretThatOthersMayRead() throws Exception {
        exactly(
                Map.of("SEC-7", Verdict.BROKEN),
                () -> Files.setPosixFilePermissions(world.secretFile(), PosixFilePermissions.fromString("rw-r--r--")),
                () -> Files.setPosixFilePermissions(world.secretFile(), PosixFilePermissions.fromString("rw-------")));
    }

    @Test
    @Order(2)
    void aContainerThatIsRoot() throws Exception {
        exactly(Map.of("SEC-4", Verdict.BROKEN), () -> world.isolation(true), () -> world.isolation(false));
    }

    @Test
    @Order(2)
    void aCertificateThatEndsSoon() throws Exception {
        exactly(Map.of("SEC-3", Verdict.BROKEN), () -> renew(Duration.ofDays(10)), () -> renew(Duration.ofDays(90)));
    }

    @Test
    @Order(2)
    void anExporterThatIsStopped() throws Exception {
        exactly(
                Map.of("MET-1", Verdict.BROKEN, "MET-3", Verdict.BROKEN, "PRF-1", Verdict.INCONCLUSIVE),
                () -> world.stop("redis_exporter"),
                () -> world.start("redis_exporter"));
    }

    @Test
    @Order(2)
    void aBitFlippedInTheNewestBackup() throws Exception {
        exactly(Map.of("BKP-4", Verdict.BROKEN), FaultsTest::flipOneBit, FaultsTest::flipOneBit);
    }

    @Test
    @Order(2)
    void aSetThatSomebodyElsePutThere() throws Exception {
        Path forged =
                world.newestDump().getParent().resolveSibling("shop.20261101T020000Z.daily.00000000/manifest.json");
        exactly(
                Map.of("BKP-8", Verdict.BROKEN),
                () -> {
                    Files.createDirectories(forged.getParent());
                    Files.writeString(forged, "{}");
                },
                () -> {
                    Files.delete(forged);
                    Files.delete(forged.getParent());
                });
    }

    /** It would never run, and nobody would know. */
    @Test
    @Order(2)
    void checksInAFolderThatNamesNoDatabase() throws Exception {
        Path misspelt = world.checks().resolve("shpo");
        exactly(Map.of("BKP-9", Verdict.BROKEN), () -> Files.createDirectory(misspelt), () -> Files.delete(misspelt));
    }

    /** The line is lost to whoever looks for it, and the target is down; who only wanted to ask Loki something says that he could not. */
    @Test
    @Order(3)
    void aLokiThatIsStopped() throws Exception {
        Map<String, Verdict> expected = new TreeMap<>(Map.of("LOG-2", Verdict.BROKEN, "MET-1", Verdict.BROKEN));
        for (String asks :
                List.of("LOG-1", "LOG-3", "LOG-4", "LOG-5", "LOG-7", "LOG-8", "SEC-5", "DSH-1", "DSH-2", "PRF-1")) {
            expected.put(asks, Verdict.INCONCLUSIVE);
        }
        exactly(expected, world.loki::stop, world.loki::start);
    }

    @Test
    @Order(4)
    void aWatchdogThatIsMuted() throws Exception {
        AutoCloseable silence = world.silence("Watchdog");
        // Two minutes is the shortest limit that a dead man's switch may have.
        exactly(Map.of("ALR-1", Verdict.BROKEN), () -> awaitBroken("ALR-1"), silence::close);
    }

    /** What could not be told is counted for an hour, so nothing comes after this. */
    @Test
    @Order(5)
    void aReceiverWithAWrongAddress() throws Exception {
        world.outside.answer(
                "/no-such-hook", request -> new dev.sidecar.alerts.Outside.Answer(404, Map.of(), "no_service"));
        Files.writeString(world.slackAddress(), world.outside.url("/no-such-hook"));

        Map<String, Drill> route = world.only("ALR-4");

        assertThat(route.get("ALR-4").verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(route.get("ALR-4").finding().evidence()).contains("slack").doesNotContain("webhook:");
        // The alert that says so has no other channel in this world.
        awaitNotHeld(world::withoutSlow, Map.of("ALR-7", Verdict.BROKEN, "ALR-8", Verdict.BROKEN), LIMIT);
    }

    private static void exactly(Map<String, Verdict> notHeld, Change plant, Change repair) throws Exception {
        plant.make();
        try {
            awaitNotHeld(world::withoutSlow, notHeld, LIMIT);
        } finally {
            repair.make();
        }
        awaitNotHeld(() -> world.only(notHeld.keySet().toArray(String[]::new)), Map.of(), LIMIT);
    }

    /** Before all are drilled again and again. */
    private static void awaitBroken(String id) {
        await().atMost(LIMIT)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> world.only(id).get(id).verdict() == Verdict.BROKEN);
    }

    /** All drills are work for both processors: the proofs that are not yet as expected are drilled alone until they are, and then all. */
    private static void awaitNotHeld(
            Supplier<Map<String, Drill>> drills, Map<String, Verdict> expected, Duration limit) {
        AtomicReference<Set<String>> unlike = new AtomicReference<>(expected.keySet());
        await().atMost(limit)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofSeconds(1))
                .untilAsserted(() -> {
                    if (!unlike.get().isEmpty()) {
                        assertThat(unlike(world.only(unlike.get().toArray(String[]::new)), expected))
                                .isEmpty();
                    }
                    Map<String, Drill> ended = drills.get();
                    assertThat(ended.keySet()).containsAll(expected.keySet());
                    Map<String, String> now = unlike(ended, expected);
                    unlike.set(now.keySet());
                    assertThat(now).isEmpty();
                });
    }

    /** The proofs whose verdict is another than the expected one, which is that it holds where none is named; each with its evidence. */
    private static Map<String, String> unlike(Map<String, Drill> drills, Map<String, Verdict> expected) {
        Map<String, String> unlike = new TreeMap<>();
        drills.forEach((id, drill) -> {
            if (!LEFT_OUT.contains(id) && drill.verdict() != expected.getOrDefault(id, Verdict.HELD)) {
                unlike.put(id, drill.verdict() + ": " + drill.finding().evidence());
            }
        });
        return unlike;
    }

    private static void renew(Duration valid) throws Exception {
        world.stop("nginx");
        world.certificate(valid);
        world.start("nginx");
    }

    private static void flipOneBit() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(world.newestDump().toFile(), "rw")) {
            file.seek(file.length() / 2);
            int before = file.read();
            file.seek(file.length() / 2);
            file.write(before ^ 1);
        }
    }
}
