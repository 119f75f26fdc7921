package dev.sidecar.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.stack.ComposeStack.Result;
import dev.sidecar.support.PrometheusServer;
import dev.sidecar.support.TestCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/**
 * A centre and two other hosts, three sets of containers whose networks have nothing in common: the hosts know the centre's edge by the
 * port that it publishes on the machine. They are {@code docker-compose.satellite.yml} as it is, but for one service: the image of Alloy
 * is not to be had everywhere, and Prometheus in agent mode stands in its place, with the same remote write (address, token, machine,
 * queue) but without logs. The waits of the two alerts, and those of Alertmanager between two messages, are seconds here.
 */
@Tag("docker")
@Tag("stack")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TwoHostsTest {

    private static final Duration PATIENCE = Duration.ofMinutes(5);

    /** These say of the machine, on which all of them run, that it is short of something. */
    private static final String NOT_OF_THE_MACHINE =
            "alertname!~\"Cpu.+|Disk.+|Inodes.+|HostMemory.+|HostSwapping|OomKill\"";

    @TempDir
    static Path folder;

    private static AlertMails mails;
    private static ComposeStack centre;
    private static final Map<String, ComposeStack> HOSTS = new TreeMap<>();

    @BeforeAll
    static void start() throws Exception {
        mails = new AlertMails();
        Path given = folder("given");
        TestCertificate certificate =
                TestCertificate.make(folder, "EC", Instant.now().minusSeconds(60), Duration.ofDays(90));
        Files.writeString(given.resolve("tls.crt"), certificate.certificate());
        Files.writeString(given.resolve("tls.key"), certificate.key());
        centre = new ComposeStack("centre", given);
        centre.set("SATELLITES", "1");
        centre.set("LOGS_AND_DASHBOARDS", "0");
        mails.comeFrom(centre);
        centre.alsoFrom(hurried());
        centre.build();
        centre.up(Stream.concat(centre.servicesFromStandIns().stream(), Stream.of("relay"))
                .toList());
        for (String name : List.of("web-1", "web-2")) {
            HOSTS.put(name, host(name, certificate));
        }
    }

    @AfterAll
    static void stop() {
        HOSTS.values().forEach(ComposeStack::close);
        if (centre != null) {
            centre.close();
        }
        mails.close();
    }

    /** Readable for the containers' users. */
    private static Path folder(String name) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        return Files.createDirectory(folder.resolve(name));
    }

    /** The centre's rules and routes with waits of seconds. @return a compose file that puts them in the place of the others */
    private static Path hurried() throws IOException {
        Path rules = copied(Path.of("prometheus/rules"), folder("rules"));
        replace(rules.resolve("satellites.yml"), "(?m)^( +(for|keep_firing_for)): \\d+m$", "$1: 15s");
        Path alertmanager = copied(Path.of("alertmanager"), folder("alertmanager"));
        replace(alertmanager.resolve("alertmanager.yml"), "(group_wait): \\d+s|(group_interval): \\d+m", "$1$2: 5s");
        return Files.writeString(folder.resolve("hurried.yml"), """
                services:
                  preflight:
                    volumes: ["%s:/stack/alertmanager:ro"]
                  prometheus:
                    volumes: ["%s:/etc/prometheus/rules:ro"]
                """.formatted(alertmanager, rules));
    }

    private static Path copied(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = to.resolve(from.relativize(file));
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
        return to;
    }

    private static void replace(Path file, String pattern, String by) throws IOException {
        String before = Files.readString(file);
        String after = before.replaceAll(pattern, by);
        assertThat(after).isNotEqualTo(before);
        Files.writeString(file, after);
    }

    /** Adds a host at the centre, as a person does, and starts it with what the command printed. */
    private static ComposeStack host(String name, TestCertificate trusted) throws IOException {
        Result added = centre.exec("sidecar", "sidecar", "host", "add", name);
        assertThat(added.exitCode()).as(added.all()).isZero();
        String token = added.out()
                .lines()
                .filter(line -> line.startsWith("SATELLITE_TOKEN="))
                .map(line -> line.substring(line.indexOf('=') + 1))
                .findFirst()
                .orElseThrow();
        String url = centre.url("EDGE_TLS_PORT", "").replace("http://127.0.0.1", "https://staging.test");
        Path agent = folder("agent-" + name);
        Files.writeString(agent.resolve("authority.pem"), trusted.certificate());
        Files.writeString(agent.resolve("token"), token);
        Files.writeString(agent.resolve("agent.yml"), """
                global:
                  scrape_interval: 15s
                  scrape_timeout: 10s
                  # It says so of itself; the centre knows better.
                  external_labels: {host: staging-host, stack: satellite}
                scrape_configs:
                  - job_name: node
                    static_configs: [{targets: ['node-exporter:9100']}]
                remote_write:
                  - url: %s/satellites/metrics
                    authorization: {credentials_file: /etc/agent/token}
                    headers: {X-Satellite-Machine: machine-of-%s}
                    tls_config: {ca_file: /etc/agent/authority.pem}
                    queue_config:
                      {capacity: 4000, max_samples_per_send: 1000, max_shards: 4, batch_send_deadline: 5s, max_backoff: 30s}
                """.formatted(url, name));
        ComposeStack host = ComposeStack.satellite(name, agent, centre);
        host.set("CENTRE_URL", url);
        host.set("SATELLITE_NAME", name);
        host.set("SATELLITE_TOKEN", token);
        host.alsoFrom(Files.writeString(
                agent.resolve("agent-for-alloy.yml"), """
                services:
                  alloy:
                    image: %s
                    command: !override
                      - --agent
                      - --config.file=/etc/agent/agent.yml
                      - --storage.agent.path=/data
                      - --web.listen-address=127.0.0.1:9090
                    volumes: !override
                      - %s:/etc/agent:ro
                      - alloy-data:/data
                    extra_hosts: ["staging.test:host-gateway"]
                    healthcheck:
                      test: [CMD, promtool, check, ready, "--url=http://127.0.0.1:9090"]
                """.formatted(centre.image("prometheus"), agent)));
        host.up(List.of());
        return host;
    }

    @Test
    @Order(1)
    void bothHostsAreSeenUnderTheNamesOfTheirTokensAndTheirProofHolds() {
        await("series of both")
                .atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> hosts("up{job=\"satellite-node\"} == 1").equals(List.of("web-1", "web-2")));
        assertThat(hosts("count by (host) (node_memory_MemTotal_bytes{stack=\"staging\"})"))
                .containsExactly("staging-host", "web-1", "web-2");
        assertThat(hosts("{stack=\"satellite\"}")).isEmpty();
        await("MET-8 holds for both")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(proof("MET-8"))
                        .startsWith("HELD")
                        .contains("2 hosts push", "web-1: 1 targets up", "web-2: 1 targets up"));
        assertThat(mails.about("HostSilent")).isEmpty();
        assertThat(mails.about("HostPushesWrong")).isEmpty();
    }

    @Test
    @Order(2)
    void aSilentHostIsToldOnceAndOnceThatItIsBack() {
        HOSTS.get("web-1").compose("stop", "--timeout", "10");

        mails.await("HostSilent", "FIRING", PATIENCE);
        assertThat(hosts("ALERTS{alertstate=\"firing\",host=~\"web-.+\"," + NOT_OF_THE_MACHINE + "}"))
                .containsExactly("web-1");
        assertThat(hosts("up{job=\"satellite-node\"} == 1")).contains("web-2");

        HOSTS.get("web-1").compose("start");

        mails.await("HostSilent", "RESOLVED", PATIENCE);
        assertThat(mails.about("HostSilent"))
                .hasSize(2)
                .allSatisfy(text -> assertThat(text).contains("web-1").doesNotContain("web-2"));
        await("it is seen again")
                .atMost(PATIENCE)
                .until(() -> hosts("up{job=\"satellite-node\"} == 1").equals(List.of("web-1", "web-2")));
        assertThat(mails.about("HostPushesWrong")).isEmpty();
        assertTheCentreIsWell();
    }

    @Test
    @Order(3)
    void aRevokedHostThatStillPushesIsToldAndShutOut() {
        Result revoked = centre.exec("sidecar", "sidecar", "host", "revoke", "web-2");
        assertThat(revoked.exitCode()).as(revoked.all()).isZero();

        mails.await("HostPushesWrong", "FIRING", PATIENCE);
        assertThat(mails.about("HostPushesWrong"))
                .allSatisfy(text ->
                        assertThat(text).contains("web-2", "(revoked_token)").doesNotContain("web-1"));
        await("nothing new of it")
                .atMost(PATIENCE)
                .until(() -> hosts("time() - timestamp(up{job=\"satellite-node\"}) < 45")
                        .equals(List.of("web-1")));
        assertThat(hosts("up{job=\"satellite-node\"} == 1")).contains("web-1");
        assertThat(mails.about("HostSilent")).as("nobody waits for it any more").hasSize(2);
        await("the proof is of the other alone")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(proof("MET-8"))
                        .startsWith("HELD")
                        .contains("1 hosts push", "web-1: ")
                        .doesNotContain("web-2"));
        assertTheCentreIsWell();
    }

    /** Its targets answer, and what pushes pass through is well. Of the rest a machine under load says this and that. */
    private static void assertTheCentreIsWell() {
        await("all targets of the centre")
                .atMost(PATIENCE)
                .until(() -> hosts("up{host=\"staging-host\"} == 0").isEmpty());
        assertThat(
                        hosts(
                                "ALERTS{alertstate=\"firing\",severity=\"critical\",host=\"staging-host\",service=~\"relay|nginx|prometheus\"}"))
                .isEmpty();
    }

    /** The report's words on a proof: the verdict, and the evidence. */
    private static String proof(String id) {
        String report = centre.exec("sidecar", "sidecar", "report", "--json").out();
        return StreamSupport.stream(
                        JsonMapper.shared().readTree(report).path("proofs").spliterator(), false)
                .filter(proof -> proof.path("id").asString().equals(id))
                .map(proof -> proof.path("verdict").asString() + " "
                        + proof.path("evidence").asString())
                .findFirst()
                .orElseThrow();
    }

    /** The label host of each result, sorted. */
    private static List<String> hosts(String expression) {
        return StreamSupport.stream(
                        PrometheusServer.get(centre.prometheus(), "/api/v1/query", Map.of("query", expression))
                                .path("result")
                                .spliterator(),
                        false)
                .map(series -> series.path("metric").path("host").asString(""))
                .sorted()
                .toList();
    }
}
