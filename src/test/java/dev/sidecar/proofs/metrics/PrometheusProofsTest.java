package dev.sidecar.proofs.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.sidecar.loki.LokiFixture;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.prometheus.PrometheusFixture;
import dev.sidecar.prometheus.Rule;
import dev.sidecar.prometheus.Selector;
import dev.sidecar.proofs.EdgeFixture;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.LokiStandIn;
import dev.sidecar.proofs.Verdict;
import dev.sidecar.proofs.alerting.AlertingProofsFixture;
import dev.sidecar.proofs.logging.LoggingProofsFixture;
import dev.sidecar.proofs.security.SecurityProofsFixture;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.PrometheusServer;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The proofs that ask Prometheus, against a real one that scrapes a real registry: all of them held, then one fault each. */
class PrometheusProofsTest {

    private static final PrometheusMeterRegistry REGISTRY = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private static final Clock CLOCK = Clock.systemUTC();

    @TempDir
    static Path folder;

    /** What else the exporter exports. */
    private static volatile String more = "";

    private static HttpServer exporter;
    private static PrometheusServer server;

    @BeforeAll
    static void start() throws IOException {
        new UptimeMetrics().bindTo(REGISTRY);
        exporter = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        exporter.createContext("/metrics", exchange -> {
            byte[] page = (REGISTRY.scrape() + more).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
            exchange.close();
        });
        exporter.start();
        StringBuilder rules = new StringBuilder("groups:\n- name: test\n  rules:\n");
        for (int i = 1; i <= 20; i++) {
            rules.append("  - {alert: Sound%d, expr: 'up{job=\"sidecar\"} == %d'}\n".formatted(i, i + 1));
        }
        rules.append("  - {alert: Misspelt, expr: 'rate(process_start_time_secnds{job=\"sidecar\"}[5m]) > 1'}\n");
        rules.append("  - {alert: WrongLabel, expr: 'sum by (job) (up{jobb=\"sidecar\"}) > 1'}\n");
        rules.append("  - {alert: NotYet, expr: 'rate(orders_lost_total[5m]) > 1'}\n");
        Files.writeString(folder.resolve("rules.yml"), rules);
        int port = FreePort.get();
        Path config = Files.writeString(folder.resolve("prometheus.yml"), """
                global: {scrape_interval: 1s, evaluation_interval: 1s}
                rule_files: [rules.yml]
                scrape_configs:
                - {job_name: sidecar, honor_labels: true, static_configs: [{targets: ['127.0.0.1:%d']}]}
                - {job_name: prometheus, static_configs: [{targets: ['127.0.0.1:%d']}]}
                """.formatted(
                        exporter.getAddress().getPort(), port));
        server = PrometheusServer.start(config, port);
        await().atMost(Duration.ofMinutes(2))
                .until(() -> server.query("min_over_time(up[30s]) == 1").size() == 2);
        await().atMost(Duration.ofMinutes(2))
                .until(() -> prometheus("sidecar").rules().stream().allMatch(Rule::healthy));
    }

    @AfterAll
    static void stop() {
        server.close();
        exporter.stop(0);
    }

    @Test
    void targetsThatAreUpAndFreshHold() {
        Finding finding = new TargetsProof(prometheus("sidecar", "prometheus"), CLOCK).prove();

        assertThat(finding).isEqualTo(Finding.held("2 targets of 2 jobs are up and fresh."));
    }

    @Test
    void anExpectedTargetThatIsNotThereBreaksTheProofByName() {
        Finding finding = new TargetsProof(prometheus("sidecar", "redis"), CLOCK).prove();

        assertThat(finding.verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(finding.evidence()).isEqualTo("redis is missing.");
    }

    @Test
    void aValueIsReadBackAsItWasExported() {
        assertThat(new ValueReadBackProof(prometheus("sidecar"), REGISTRY)
                        .prove()
                        .verdict())
                .isEqualTo(Verdict.HELD);

        PrometheusMeterRegistry other = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        io.micrometer.core.instrument.TimeGauge.builder(
                        "process.start.time", () -> 12, java.util.concurrent.TimeUnit.SECONDS)
                .register(other);
        assertThat(new ValueReadBackProof(prometheus("sidecar"), other).prove().verdict())
                .isEqualTo(Verdict.BROKEN);
    }

    @Test
    void rulesThatAreLoadedAndHealthyHold() throws Exception {
        assertThat(AlertingProofsFixture.rulesLoaded(prometheus("sidecar")).prove())
                .isEqualTo(Finding.held("23 alerting rules of 23 rules are healthy."));
    }

    @Test
    void aMisspeltMetricAndAWrongLabelBreakTheProofByTheNameOfTheRule() throws Exception {
        Finding finding =
                AlertingProofsFixture.ruleSeries(prometheus("sidecar")).prove();

        assertThat(finding.verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(finding.details())
                .containsExactly(
                        "Misspelt reads process_start_time_secnds{job}, which does not exist",
                        "WrongLabel reads up{jobb}, which does not exist");
    }

    @Test
    void prometheusItselfParsesWhatARuleReads() {
        assertThat(
                        prometheus("sidecar")
                                .selectors(
                                        "sum by (a) (rate(x{b=~\"c\",d!=\"\"}[5m])) / on (a) y offset 1h unless {__name__=\"z\"}"))
                .containsExactlyInAnyOrder(
                        new Selector("x", Set.of("b", "d")), new Selector("y", Set.of()), new Selector("z", Set.of()));
    }

    private static Finding retention(int days) {
        return new MetricRetentionProof(prometheus("sidecar"), new MetricsProofsProperties(Duration.ofDays(days)))
                .prove();
    }

    @Test
    void aRetentionThatIsNotTheAgreedOneBreaksTheProofAndUnknownSpaceProvesNothing() {
        Finding fitting = retention(15);
        assertThat(fitting.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(fitting.evidence()).contains("15.0 d, as expected", "no node exporter reports the free space");

        Finding finding = retention(30);
        assertThat(finding.verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(finding.evidence()).startsWith("Prometheus keeps samples for 15.0 d (expected: 30.0 d)");
    }

    /** Of the last hour, a Prometheus that has just started has seen a minute: it stores as much in the others. */
    @Test
    void whatIsStoredIsMeasuredOverTheTimeThatWasWatched() {
        await().atMost(Duration.ofMinutes(2))
                .until(() -> watched("prometheus_tsdb_head_samples_appended_total offset 35s") > 0);
        double perSecond = watched("rate(prometheus_tsdb_head_samples_appended_total[20s])");
        double forecast = perSecond * 2 * Duration.ofDays(15).toSeconds();
        more = "node_filesystem_avail_bytes{mountpoint=\"/\"} %.0f\n".formatted(forecast / 3);
        await().until(() -> server.query("node_filesystem_avail_bytes").size() == 1);

        Finding finding = retention(15);

        assertThat(finding.verdict()).as(finding.evidence()).isEqualTo(Verdict.BROKEN);

        more = "node_filesystem_avail_bytes{mountpoint=\"/\"} %.0f\n".formatted(forecast * 3);
        await().until(() -> watched("node_filesystem_avail_bytes") > forecast);
        Finding fitting = retention(15);
        assertThat(fitting.verdict()).as(fitting.evidence() + " " + perSecond).isEqualTo(Verdict.HELD);
        forget("node_filesystem_avail_bytes");
    }

    private static double watched(String query) {
        return prometheus("sidecar").value("sum(" + query + ")").orElse(0);
    }

    private static void forget(String series) {
        more = "";
        await().until(() -> server.query(series).isEmpty());
    }

    /** An edge that leads past the gateway is not noticed by the requests of others, which come through it. */
    @Test
    void onlyItsOwnRequestShowsThatRequestsAreCounted() throws Exception {
        AtomicInteger users = new AtomicInteger();
        AtomicInteger drills = new AtomicInteger();
        AtomicInteger status = new AtomicInteger(200);
        AtomicBoolean throughTheGateway = new AtomicBoolean();
        HttpServer edge = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        edge.createContext("/", exchange -> {
            users.incrementAndGet();
            if (throughTheGateway.get()) {
                (status.get() == 401 ? users : drills).incrementAndGet();
            }
            more = counted("user", "200", users.get())
                    + counted("user", "401", status.get() == 401 ? 7 + drills.get() : 7)
                    + counted("drill", "200", drills.get());
            exchange.sendResponseHeaders(status.get(), -1);
            exchange.close();
        });
        edge.start();
        try {
            more = counted("user", "200", 0) + counted("user", "401", 7) + counted("drill", "200", 0);
            await().until(() ->
                    server.query("sidecar_gateway_requests_seconds_count").size() == 3);
            RequestMetricsMoveProof proof = new RequestMetricsMoveProof(
                    prometheus("sidecar"),
                    EdgeFixture.at(
                            URI.create("http://127.0.0.1:" + edge.getAddress().getPort() + "/orders")),
                    Duration.ofSeconds(5));

            assertThat(proof.prove().verdict()).isEqualTo(Verdict.BROKEN);
            assertThat(users.get()).isPositive();

            throughTheGateway.set(true);
            assertThat(proof.prove().verdict()).isEqualTo(Verdict.HELD);

            // The API wants a login: the gateway counts the drill's request among the users' refused ones.
            status.set(401);
            assertThat(proof.prove().verdict()).isEqualTo(Verdict.HELD);
        } finally {
            edge.stop(0);
            forget("sidecar_gateway_requests_seconds_count");
        }
    }

    private static String counted(String client, String status, int count) {
        return "sidecar_gateway_requests_seconds_count{client=\"%s\",method=\"GET\",status=\"%s\"} %d\n"
                .formatted(client, status, count);
    }

    @Test
    void aCertificateThatNoProbeHasSeenProvesNothing() {
        more = "probe_success{instance=\"https://a\"} 0\n";
        await().until(() -> server.query("probe_success").size() == 1);
        Finding unseen = SecurityProofsFixture.certificates(prometheus("sidecar"));
        assertThat(unseen.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(unseen.applicable()).isTrue();
        assertThat(unseen.evidence()).isEqualTo("The probes of https://a fail, so their certificates were not seen.");

        more += "probe_success{instance=\"https://b\"} 1\nprobe_ssl_earliest_cert_expiry{instance=\"https://b\"} %d\n"
                .formatted(CLOCK.instant().plus(Duration.ofDays(90)).getEpochSecond());
        await().until(() -> server.query("probe_ssl_earliest_cert_expiry").size() == 1);
        assertThat(SecurityProofsFixture.certificates(prometheus("sidecar")).verdict())
                .isEqualTo(Verdict.INCONCLUSIVE);

        more = more.replaceFirst("0\n", "1\nprobe_ssl_earliest_cert_expiry{instance=\"https://a\"} 1e10\n");
        await().until(() -> server.query("probe_ssl_earliest_cert_expiry").size() == 2);
        assertThat(SecurityProofsFixture.certificates(prometheus("sidecar")).verdict())
                .isEqualTo(Verdict.HELD);
        forget("{__name__=~\"probe_.+\"}");
    }

    @Test
    void exportersThatAreExpectedButSilentBreakTheProofBySeries() {
        Finding finding = new ExportersProof(prometheus("redis")).prove();

        assertThat(finding.verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(finding.evidence()).contains("redis_memory_used_bytes");
    }

    @Test
    void countersOfDroppedLinesThatAreMissingProveNothing() throws Exception {
        assertThat(LoggingProofsFixture.nothingDropped(
                                LokiFixture.at(URI.create("http://127.0.0.1:1"), "test"), prometheus("sidecar"))
                        .prove()
                        .verdict())
                .isEqualTo(Verdict.INCONCLUSIVE);
    }

    /** One of three programs counts on, and another is down: what it lost is not known. */
    @Test
    void aProgramThatPassesLinesAndIsNotScrapedProvesNothing() throws Exception {
        more = "sidecar_log_batches_lost_total 0\n";
        await().until(() ->
                server.query("sidecar_log_batches_lost_total offset 2s").size() == 1);

        Finding finding = LoggingProofsFixture.nothingDropped(
                        LokiFixture.at(URI.create("http://127.0.0.1:1"), "test"), prometheus("sidecar", "alloy"))
                .prove();

        assertThat(finding.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(finding.evidence()).startsWith("Prometheus gets no counters from alloy,");
        assertThat(LoggingProofsFixture.nothingDropped(
                                LokiFixture.at(URI.create("http://127.0.0.1:1"), "test"), prometheus("sidecar"))
                        .prove()
                        .verdict())
                .isEqualTo(Verdict.HELD);
        forget("sidecar_log_batches_lost_total");
    }

    /** The disk that everything shares, and how long lines have come. */
    @Test
    void logLinesFitOrDoNotOrItIsTooEarlyToTell() {
        more = "node_filesystem_avail_bytes{mountpoint=\"/\"} 1e6\n";
        await().until(() -> server.query("node_filesystem_avail_bytes").size() == 1);

        assertThat(lines(0, Duration.ZERO).evidence()).startsWith("No log line arrived within the last hour");
        assertThat(lines(0, Duration.ZERO).verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        // 1,000 bytes an hour are 720 kB in 30 days.
        assertThat(lines(1000, Duration.ofMinutes(59)).verdict()).isEqualTo(Verdict.HELD);
        assertThat(lines(2000, Duration.ofMinutes(59)).verdict()).isEqualTo(Verdict.BROKEN);
        Finding early = lines(1000, Duration.ofMinutes(20));
        assertThat(early.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(early.evidence()).startsWith("Lines have arrived for 20 min only");
        assertThat(lines(200, Duration.ofMinutes(20)).verdict()).isEqualTo(Verdict.HELD);
        forget("node_filesystem_avail_bytes");
    }

    /** @param bytes of one line, which came this long ago */
    private static Finding lines(int bytes, Duration ago) {
        try (LokiStandIn loki = new LokiStandIn("", "")) {
            if (bytes > 0) {
                loki.add(
                        CLOCK.instant().minus(ago).toEpochMilli() * 1_000_000,
                        Map.of("stack", "test"),
                        "x".repeat(bytes));
            }
            return LoggingProofsFixture.volume(LokiFixture.at(URI.create(loki.url()), "test"), prometheus("sidecar"));
        }
    }

    @Test
    void whereNoLineGoesAnywhereNoneIsProvenToArrive() {
        assertThatThrownBy(
                        () -> LoggingProofsFixture.nothingDropped(LokiFixture.at(null, "test"), prometheus("sidecar"))
                                .prove())
                .isInstanceOf(NotConfigured.class)
                .hasMessageContaining("LOKI_URL");
    }

    private static Prometheus prometheus(String... expected) {
        return PrometheusFixture.at(server.address(), Set.of(expected), Set.of("orders_lost_total"));
    }
}
