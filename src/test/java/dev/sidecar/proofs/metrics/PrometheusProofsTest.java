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
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Verdict;
import dev.sidecar.proofs.alerting.AlertingProofsFixture;
import dev.sidecar.proofs.logging.LoggingProofsFixture;
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
import java.util.Set;
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

    private static HttpServer exporter;
    private static PrometheusServer server;

    @BeforeAll
    static void start() throws IOException {
        new UptimeMetrics().bindTo(REGISTRY);
        exporter = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        exporter.createContext("/metrics", exchange -> {
            byte[] page = REGISTRY.scrape().getBytes(StandardCharsets.UTF_8);
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
                - {job_name: sidecar, static_configs: [{targets: ['127.0.0.1:%d']}]}
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

    @Test
    void aRetentionThatIsNotTheAgreedOneBreaksTheProofAndUnknownSpaceProvesNothing() {
        Finding fitting = new MetricRetentionProof(
                        prometheus("sidecar"), new MetricsProofsProperties(Duration.ofDays(15)))
                .prove();
        assertThat(fitting.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(fitting.evidence()).contains("15.0 d, as expected", "no node exporter reports the free space");

        Finding finding = new MetricRetentionProof(
                        prometheus("sidecar"), new MetricsProofsProperties(Duration.ofDays(30)))
                .prove();
        assertThat(finding.verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(finding.evidence()).startsWith("Prometheus keeps samples for 15.0 d (expected: 30.0 d)");
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
