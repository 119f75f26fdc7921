package dev.sidecar.proofs.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.sidecar.alerts.Hurried;
import dev.sidecar.farend.FarEnd;
import dev.sidecar.farend.FarEndFixture;
import dev.sidecar.preflight.RenderedConfig;
import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.prometheus.PrometheusFixture;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Verdict;
import dev.sidecar.support.FarEndDouble;
import dev.sidecar.support.FarEndDouble.Conduct;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.PrometheusServer;
import dev.sidecar.support.VictoriaMetrics;
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
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/**
 * A value on its way: a real Prometheus with the committed configuration scrapes it and writes it to a real VictoriaMetrics, and to a real
 * Prometheus; in front of the first stands a gate that asks for token and tenant, and fails in every way that a store of somebody else may.
 */
@Tag("long")
class FarEndProofTest {

    private static final int HURRY = 15;
    private static final PrometheusMeterRegistry REGISTRY = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private static final Duration ANSWER = Duration.ofSeconds(3);
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final String UP_TO_NOW =
            "time() - min(prometheus_remote_storage_queue_highest_sent_timestamp_seconds) < 5";

    @TempDir
    static Path folder;

    private static HttpServer exporter;
    private static VictoriaMetrics store;
    private static FarEndDouble gate;
    private static PrometheusServer prometheus;

    @BeforeAll
    static void start() throws IOException {
        exporter = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        exporter.createContext("/actuator/prometheus", exchange -> {
            byte[] page = REGISTRY.scrape().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
            exchange.close();
        });
        exporter.start();
        store = VictoriaMetrics.start(folder.resolve("store"));
        gate = new FarEndDouble(store.address());
        prometheus = writing(
                "centre",
                "h1",
                Map.of(
                        "REMOTE_WRITE_URL", gate.address() + "/api/v1/write",
                        "REMOTE_WRITE_TOKEN", FarEndDouble.TOKEN,
                        "REMOTE_WRITE_TENANT", FarEndDouble.TENANT));
    }

    private static PrometheusServer writing(String name, String host, Map<String, String> settings) throws IOException {
        int port = FreePort.get();
        Map<String, String> all = new HashMap<>(settings);
        all.put("SIDECAR_STACK", "staging");
        all.put("SIDECAR_HOST", host);
        all.put("SIDECAR_TARGET", "127.0.0.1:" + exporter.getAddress().getPort());
        all.put("PROMETHEUS_TARGET", "127.0.0.1:" + port);
        Path config = RenderedConfig.prometheus(Files.createDirectory(folder.resolve(name)), all);
        Hurried.prometheus(config, HURRY);
        return PrometheusServer.start(config, port);
    }

    @AfterAll
    static void stop() {
        prometheus.close();
        gate.close();
        store.close();
        exporter.stop(0);
    }

    @BeforeEach
    void nothingWaits() {
        gate.wellAgain();
        await("everything is written")
                .atMost(Duration.ofMinutes(3))
                .until(() -> !prometheus.query(UP_TO_NOW).isEmpty());
    }

    @Test
    void aValueIsReadBackFromVictoriaMetricsWithTokenAndTenant() throws Exception {
        Finding finding = proof(farEnd(gate.address()), Duration.ofMinutes(1)).prove();

        assertThat(finding.verdict()).as(finding.evidence()).isEqualTo(Verdict.HELD);
        assertThat(finding.evidence())
                .matches("The value \\d{16} was read back from " + gate.address()
                        + " [\\d.]+ s after Prometheus here had it\\.");
        JsonNode stored = PrometheusServer.get(
                        store.address(), "/api/v1/query", Map.of("query", "last_over_time({job=\"sidecar\"}[5m])"))
                .path("result");
        assertThat(stored).isNotEmpty().allSatisfy(sample -> {
            assertThat(sample.path("metric").path("stack").asString()).isEqualTo("staging");
            assertThat(sample.path("metric").path("host").asString()).isEqualTo("h1");
            assertThat(sample.path("metric").has("grafana_url")).isFalse();
        });
    }

    @Test
    void aValueIsReadBackFromAnotherPrometheus() throws Exception {
        int port = FreePort.get();
        Path config = Files.writeString(
                Files.createDirectory(folder.resolve("receiver")).resolve("prometheus.yml"), "scrape_configs: []\n");
        try (PrometheusServer receiver = PrometheusServer.receiving(config, port);
                PrometheusServer other =
                        writing("other", "h2", Map.of("REMOTE_WRITE_URL", receiver.address() + "/api/v1/write"))) {
            FarEnd farEnd =
                    FarEndFixture.exported(FarEndFixture.at(receiver.address(), null, null, "h2", ANSWER), cleared());

            Finding finding =
                    new FarEndProof(farEnd, client(other), Clock.systemUTC(), Duration.ofMinutes(1), PAUSE).prove();

            assertThat(finding.verdict()).as(finding.evidence()).isEqualTo(Verdict.HELD);
        }
    }

    @Test
    void withoutAnAddressNothingIsProven() throws Exception {
        Finding finding =
                proof(FarEndFixture.at(null, null, null, "h1", ANSWER), ANSWER).prove();

        assertThat(finding.applicable()).isFalse();
        assertThat(finding.evidence()).contains("set REMOTE_WRITE_URL and REMOTE_WRITE_QUERY_URL");
    }

    @ParameterizedTest
    @CsvSource({"429, too many", "500, broken", "503, full"})
    void whatIsNotTakenIsBrokenAndSaysHowFarItCame(int status, String said) throws Exception {
        hold();
        gate.onWrite(FarEndDouble.answering(status, said));
        letASecondPass();

        Finding finding = proof(farEnd(gate.address()), Duration.ofSeconds(8)).prove();

        assertThat(finding.verdict()).as(finding.evidence()).isEqualTo(Verdict.BROKEN);
        assertThat(finding.evidence())
                .matches(
                        "The value has not left Prometheus here after .* \\(sent up to .* ago; within 15 minutes it tried"
                                + " [1-9]\\d* samples again, \\d+ were refused and \\d+ dropped\\)\\. The newest that it has was written .* ago\\.");
        centreIsWell();
    }

    @Test
    void aSilentFarEndIsBrokenAndHurtsNothingHere() throws Exception {
        gate.onWrite(gate.silent());
        gate.onRead(gate.silent());
        letASecondPass();

        Finding finding = proof(farEnd(gate.address()), Duration.ofSeconds(8)).prove();

        assertThat(finding.verdict()).as(finding.evidence()).isEqualTo(Verdict.BROKEN);
        assertThat(finding.evidence())
                .contains(
                        "The value has not left Prometheus here after",
                        "gave no answer to /api/v1/query: no answer in time");
        centreIsWell();
    }

    /** It says yes, and keeps nothing. */
    @Test
    void aFarEndThatLosesWhatItTookIsBroken() throws Exception {
        hold();
        gate.onWrite(FarEndDouble.answering(204, ""));

        Finding finding = proof(farEnd(gate.address()), Duration.ofSeconds(10)).prove();

        assertThat(finding.verdict()).as(finding.evidence()).isEqualTo(Verdict.BROKEN);
        assertThat(finding.evidence())
                .contains("was sent the value and does not have it after", "loses samples")
                .containsPattern("The newest that it has was written .* ago");
    }

    @Test
    void aTenantThatHasNothingIsBroken() throws Exception {
        gate.onRead(FarEndDouble.answering(
                200, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}"));

        Finding finding = proof(farEnd(gate.address()), Duration.ofSeconds(8)).prove();

        assertThat(finding.verdict()).as(finding.evidence()).isEqualTo(Verdict.BROKEN);
        assertThat(finding.evidence()).contains("tenant", "It has no value of this stack and host at all.");
    }

    @Test
    void aValueThatNobodyWroteIsNotTakenForOurs() throws Exception {
        gate.onRead(
                FarEndDouble.answering(
                        200,
                        "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":["
                                + "{\"metric\":{},\"value\":[1,\"+Inf\"]},{\"metric\":{},\"value\":[1,\"4000000000000000\"]}]}}"));

        Finding finding = proof(farEnd(gate.address()), Duration.ofSeconds(8)).prove();

        assertThat(finding.verdict()).as(finding.evidence()).isEqualTo(Verdict.BROKEN);
        assertThat(finding.evidence()).endsWith("What it has was never written here.");
    }

    /** Whether it keeps anything is unknown, then; and what it says is never repeated. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "REFUSED | answered 401 to /api/v1/query",
                "GONE    | connection refused",
                "SILENT  | no answer in time",
                "DRIPS   | gave no answer",
                "HUGE    | its answer cannot be used",
                "ECHOES  | answered 500 to /api/v1/query",
                "ECHOED  | its answer cannot be used",
                "HTML    | its answer cannot be used",
                "WORDS   | does not answer as Prometheus does",
                "OTHER   | does not answer as Prometheus does",
            })
    void aFarEndThatCannotBeReadIsInconclusive(String what, String told) throws Exception {
        gate.onRead(conduct(what));
        URI address = what.equals("GONE") ? URI.create("http://127.0.0.1:" + FreePort.get()) : gate.address();

        Finding finding = proof(farEnd(address), Duration.ofSeconds(20)).prove();

        assertThat(finding.verdict()).as(finding.evidence()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(finding.applicable()).isTrue();
        assertThat(finding.evidence())
                .startsWith("Prometheus here has sent the value, but whether it was kept is unknown: The far end at ")
                .contains(told)
                .doesNotContain(FarEndDouble.TOKEN)
                .hasSizeLessThan(400);
    }

    private static Conduct conduct(String what) {
        return switch (what) {
            case "REFUSED" -> FarEndDouble.answering(401, "who is " + FarEndDouble.TOKEN + "?");
            case "SILENT" -> gate.silent();
            case "DRIPS" -> gate.dripping();
            case "HUGE" ->
                FarEndDouble.answering(200, "{\"status\":\"success\",\"x\":\"" + "x".repeat(1_000_000) + "\"}");
            case "ECHOES" -> FarEndDouble.echoing(500);
            case "ECHOED" -> FarEndDouble.echoing(200);
            case "HTML" -> FarEndDouble.answering(200, "<html>log in here</html>");
            case "WORDS" ->
                FarEndDouble.answering(
                        200,
                        "{\"status\":\"success\",\"data\":{\"result\":[{\"value\":[1,\"" + FarEndDouble.TOKEN
                                + "\"]}]}}");
            case "OTHER" -> FarEndDouble.answering(200, "[[[1]]]");
            default -> gate::pass;
        };
    }

    @Test
    void whatIsRefusedForGoodIsToldByTheAlertAndByTheProof() throws Exception {
        gate.onWrite(FarEndDouble.answering(400, "limit of series"));

        await("what is refused for good is told")
                .atMost(Duration.ofMinutes(2))
                .until(() -> !prometheus
                        .query("ALERTS{alertname=\"RemoteWriteLosing\",alertstate=\"firing\",remote_name=\"far-end\"}")
                        .isEmpty());
        Finding finding = proof(farEnd(gate.address()), Duration.ofSeconds(8)).prove();

        assertThat(finding.verdict()).as(finding.evidence()).isEqualTo(Verdict.BROKEN);
        assertThat(finding.evidence()).containsPattern("It refused [1-9]\\d* samples within 15 minutes\\.");
    }

    /** Each sample has its limit, so what waits in memory has one. */
    private static void centreIsWell() {
        assertThat(prometheus.query("up{job=\"sidecar\"} == 1")).hasSize(1);
        assertThat(prometheus.query("sum(prometheus_remote_storage_samples_pending) > 4 * 2500"))
                .isEmpty();
        assertThat(prometheus.query("time() - max(prometheus_rule_group_last_evaluation_timestamp_seconds) < 30"))
                .isNotEmpty();
    }

    @Test
    void aPrometheusThatDoesNotScrapeSaysNothingOfTheFarEnd() throws Exception {
        FarEnd farEnd = FarEndFixture.at(gate.address(), FarEndDouble.TOKEN, FarEndDouble.TENANT, "h1", ANSWER);
        cleared();

        Finding finding = proof(farEnd, Duration.ofSeconds(4)).prove();

        assertThat(finding.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(finding.evidence()).contains("has not scraped the value after", "see MET-1");
    }

    @Test
    void aConfigurationThatWritesNowhereIsNamed() throws Exception {
        try (PrometheusServer other = writing("nowhere", "h3", Map.of())) {
            FarEnd farEnd = FarEndFixture.exported(
                    FarEndFixture.at(gate.address(), FarEndDouble.TOKEN, FarEndDouble.TENANT, "h3", ANSWER), cleared());

            Finding finding =
                    new FarEndProof(farEnd, client(other), Clock.systemUTC(), Duration.ofSeconds(30), PAUSE).prove();

            assertThat(finding.verdict()).as(finding.evidence()).isEqualTo(Verdict.BROKEN);
            assertThat(finding.evidence()).endsWith("its configuration has no remote_write.");
        }
    }

    private void hold() throws InterruptedException {
        Finding finding = proof(farEnd(gate.address()), Duration.ofMinutes(1)).prove();
        assertThat(finding.verdict()).as(finding.evidence()).isEqualTo(Verdict.HELD);
    }

    /** Prometheus says in whole seconds up to when it has sent. */
    private static void letASecondPass() {
        long over = Instant.now().getEpochSecond() + 1;
        await().until(() -> Instant.now().getEpochSecond() > over);
    }

    private static PrometheusMeterRegistry cleared() {
        REGISTRY.clear();
        return REGISTRY;
    }

    private static FarEnd farEnd(@Nullable URI address) {
        return FarEndFixture.exported(
                FarEndFixture.at(address, FarEndDouble.TOKEN, FarEndDouble.TENANT, "h1", ANSWER), cleared());
    }

    private static FarEndProof proof(FarEnd farEnd, Duration limit) {
        return new FarEndProof(farEnd, client(prometheus), Clock.systemUTC(), limit, PAUSE);
    }

    private static Prometheus client(PrometheusServer server) {
        return PrometheusFixture.at(server.address(), Set.of(), Set.of());
    }
}
