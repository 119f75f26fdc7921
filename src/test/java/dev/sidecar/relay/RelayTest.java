package dev.sidecar.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.sidecar.hosts.Hosts;
import dev.sidecar.hosts.TestHosts;
import dev.sidecar.loki.LokiFixture;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.prometheus.RuleFiles;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.LokiStandIn;
import dev.sidecar.proofs.Proof;
import dev.sidecar.proofs.Verdict;
import dev.sidecar.proofs.logging.LoggingProofsFixture;
import dev.sidecar.settings.Identity;
import dev.sidecar.support.ChildProcess;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.compression.Snappy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hosts that push through the real edge into the real Prometheus: an honest one, and each kind of one that is not. */
@Tag("long")
class RelayTest {

    private static final Duration PATIENCE = RelayedStack.PATIENCE;

    @TempDir
    private static Path folder;

    private static HttpServer loki;
    private static final List<byte[]> PUSHED_LINES = new CopyOnWriteArrayList<>();
    private static final List<String> TENANTS = new CopyOnWriteArrayList<>();
    private static LokiStandIn kept;
    private static RelayedStack stack;

    @BeforeAll
    static void start() throws Exception {
        kept = new LokiStandIn("", "");
        loki = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        loki.createContext("/otlp/v1/logs", exchange -> {
            byte[] push = exchange.getRequestBody().readAllBytes();
            PUSHED_LINES.add(push);
            TENANTS.add(exchange.getRequestHeaders().getFirst("X-Scope-OrgID"));
            exchange.sendResponseHeaders(keep(push) ? 204 : 400, -1);
            exchange.close();
        });
        loki.start();
        stack = new RelayedStack(folder, "http://127.0.0.1:" + loki.getAddress().getPort());
    }

    @AfterAll
    static void stop() throws Exception {
        stack.close();
        loki.stop(0);
        kept.close();
    }

    @Test
    void whatARealClientPushesCarriesItsOwnNameWhateverItClaims() throws Exception {
        String token = stack.hosts.add("web-1");
        String exporter = stack.nodeExporter();
        HttpServer forger = page(
                "sidecar_backup_age_seconds 1\nnode_forged{host=\"centre\",alertname=\"x\"} 1\nALERTS{alertname=\"x\"} 1\n");

        stack.agent("web-1", token, """
                - job_name: node
                  static_configs: [{targets: ['%s'], labels: {host: centre, service: sidecar}}]
                - job_name: sidecar
                  static_configs: [{targets: ['127.0.0.1:%d']}]
                - job_name: postgres
                  static_configs: [{targets: ['127.0.0.1:%2$d']}]
                """.formatted(exporter, forger.getAddress().getPort()));

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(labels("{__name__=~\"node_time_seconds|up\",host=\"web-1\"}", "job"))
                        .containsExactlyInAnyOrder("satellite-node", "satellite-node", "satellite-postgres"));
        assertThat(labels("{__name__!~\"ALERTS.*\",job!=\"relay\",host=\"centre\"}", "__name__"))
                .isEmpty();
        assertThat(labels("{__name__!~\"ALERTS.*\",host=\"web-1\"}", "stack")).containsOnly("staging");
        assertThat(labels("{__name__!~\"ALERTS.*\",host=\"web-1\"}", "role")).containsOnly("exporter");
        assertThat(labels("{__name__!~\"ALERTS.*\",host=\"web-1\"}", "service")).containsOnly("node", "postgres");
        assertThat(labels("{__name__=~\"sidecar_backup.*|node_forged\"} or ALERTS{alertname=\"x\"}", "__name__"))
                .isEmpty();
        assertThat(stack.metric("sidecar_relay_unwanted_total{satellite=\"web-1\"}"))
                .isPositive();
        assertThat(stack.metric("sidecar_relay_clock_offset_seconds{satellite=\"web-1\"}"))
                .isBetween(-20.0, 5.0);
        for (Trouble trouble : Trouble.values()) {
            assertThat(stack.troubles("web-1", trouble)).as(trouble.label()).isZero();
        }
        forger.stop(0);
    }

    /** The exporter's page that a compromised host serves to itself. */
    private static HttpServer page(String metrics) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
            byte[] body = metrics.getBytes(UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        return server;
    }

    @Test
    void aWrongTokenARevokedOneAndPlainHttpAreRefused() throws Exception {
        String token = stack.hosts.add("web-2");
        Samples sample = Samples.node("node_refused", 1, now());
        double wrong = stack.troubles("", Trouble.UNKNOWN_TOKEN);

        assertThat(stack.push("what-a-stranger-tries", sample, "X-Real-IP", "192.0.2.1")
                        .statusCode())
                .isEqualTo(401);
        assertThat(stack.push("", sample).statusCode()).isEqualTo(401);
        assertThat(stack.push(
                                "http://127.0.0.1:" + stack.plainPort(),
                                "/satellites/metrics",
                                token,
                                "snappy",
                                SnappyBlock.encode(sample.bytes()))
                        .statusCode())
                .isEqualTo(403);
        assertThat(stack.troubles("", Trouble.UNKNOWN_TOKEN)).isEqualTo(wrong + 2);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(stack.logged)
                        .filteredOn(line -> line.contains("a push with a token that is not known"))
                        .isNotEmpty()
                        .allMatch(line -> line.contains("\"address\":\"127.0.0.1\"")));
        assertThat(stack.logged).noneMatch(line -> line.contains("what-a-stranger-tries"));
        assertThat(labels("node_refused", "host")).isEmpty();

        assertThat(stack.push(token, sample).statusCode()).isEqualTo(200);
        stack.hosts.revoke("web-2");
        assertThat(stack.push(token, Samples.node("node_after_revocation", 1, now()))
                        .statusCode())
                .isEqualTo(401);
        assertThat(stack.troubles("web-2", Trouble.REVOKED_TOKEN)).isEqualTo(1);
        assertThat(stack.metrics()).doesNotContain("last_push_timestamp_seconds{kind=\"metrics\",satellite=\"web-2\"}");

        // Added again, it has another token; the old one is nobody's.
        String other = stack.hosts.add("web-2");
        assertThat(stack.push(token, sample).statusCode()).isEqualTo(401);
        assertThat(stack.push(other, Samples.node("node_after_revocation", 1, now()))
                        .statusCode())
                .isEqualTo(200);
        assertThat(labels("node_after_revocation", "host")).containsExactly("web-2");
    }

    /** Prometheus refuses samples that are older than an hour before its newest: one from the future would shut the centre's own out. */
    @Test
    void aClockThatIsAheadHurtsNobodyElse() throws Exception {
        String token = stack.hosts.add("ahead");

        assertThat(stack.push(token, Samples.node("node_from_tomorrow", 1, now() + 300_000)))
                .satisfies(answer -> assertThat(answer.statusCode()).isEqualTo(400))
                .satisfies(answer -> assertThat(answer.body()).contains("clock_ahead"));
        assertThat(stack.push(token, Samples.node("node_from_tomorrow", 1, now() + 3_600_000))
                        .statusCode())
                .isEqualTo(400);

        assertThat(stack.troubles("ahead", Trouble.CLOCK_AHEAD)).isEqualTo(2);
        assertThat(stack.metric("sidecar_relay_clock_offset_seconds{satellite=\"ahead\"}"))
                .isBetween(3500.0, 3600.0);
        assertThat(labels("last_over_time(node_from_tomorrow[3h] offset -2h)", "host"))
                .isEmpty();
    }

    @Test
    void aClockThatIsBehindAnHourIsTakenAndSeen() throws Exception {
        String token = stack.hosts.add("behind");

        assertThat(stack.push(token, Samples.node("node_late", 1, now() - 3_600_000))
                        .statusCode())
                .isEqualTo(200);
        assertThat(stack.troubles("behind", Trouble.CLOCK_BEHIND)).isEqualTo(1);
        assertThat(stack.metric("sidecar_relay_clock_offset_seconds{satellite=\"behind\"}"))
                .isBetween(-3700.0, -3590.0);
        assertThat(labels("last_over_time(node_late[2h])", "host")).containsExactly("behind");
        assertThat(stack.push(token, Samples.node("node_late", 1, now() - 3 * 3_600_000))
                        .statusCode())
                .isEqualTo(400);
        assertThat(stack.troubles("behind", Trouble.CLOCK_BEHIND)).isEqualTo(3);
    }

    /** What a queue holds after an outage comes oldest first, while the host's newest samples are there already. */
    @Test
    void whatAHostKeptForNearlyTwoHoursIsTakenAndWhatIsOlderIsCounted() throws Exception {
        String token = stack.hosts.add("back");
        long now = now();
        assertThat(stack.push(token, Samples.node("node_kept", 0, now)).statusCode())
                .isEqualTo(200);
        Samples queue = new Samples();
        for (int minute = 125; minute > 0; minute--) {
            queue.add("node_kept", Map.of("job", "node"), minute, now - minute * 60_000L);
        }

        assertThat(stack.push(token, queue))
                .satisfies(answer -> assertThat(answer.statusCode()).isEqualTo(400))
                .satisfies(answer -> assertThat(answer.body()).contains("Left out: 6 (clock_behind); taken: 119."));

        assertThat(value("count_over_time(node_kept{host=\"back\"}[3h])")).isEqualTo(120);
        assertThat(stack.troubles("back", Trouble.CLOCK_BEHIND)).isEqualTo(6);
        assertThat(stack.troubles("back", Trouble.REFUSED)).isZero();
    }

    @Test
    void aFloodIsBoundedAndCostsNobodyElse() throws Exception {
        String flooder = stack.hosts.add("flooder");
        String other = stack.hosts.add("beside");
        Samples large = new Samples();
        for (int i = 0; i < 3_000; i++) {
            large.add("node_flood", Map.of("job", "node", "n", Integer.toString(i), "pad", "x".repeat(200)), 1, now());
        }
        List<Integer> answers = new ArrayList<>();
        for (int i = 0; i < 40 && !answers.contains(429); i++) {
            answers.add(stack.push(flooder, large).statusCode());
        }

        assertThat(answers).contains(429);
        assertThat(stack.push(other, Samples.node("node_beside", 1, now())).statusCode())
                .isEqualTo(200);
        assertThat(stack.troubles("flooder", Trouble.FLOOD)).isEqualTo(1);
        assertThat(stack.troubles("flooder", Trouble.TOO_MANY_SERIES)).isPositive();
        assertThat(labels("node_flood", "n")).hasSize(RelayedStack.SERIES);
        assertThat(stack.push(stack.edge(), "/satellites/metrics", other, "snappy", new byte[Push.LARGEST + 1])
                        .statusCode())
                .isEqualTo(413);
    }

    /** With a limit on how series look, all of these would be one. */
    @Test
    void seriesThatOnlyLookAlikeAreCountedEach() throws Exception {
        String token = stack.hosts.add("alike");
        Samples alike = new Samples();
        int names = 10;
        for (int cut = 0; cut < 1 << names; cut++) {
            Map<String, String> labels = new TreeMap<>(Map.of("job", "node"));
            String last = "ka";
            for (int i = 0; i <= names; i++) {
                String name = "k" + (char) ('a' + i);
                if (i == 0 || (cut >> i - 1 & 1) == 1) {
                    labels.put(name, "v");
                    last = name;
                } else {
                    labels.merge(last, ", " + name + "=v", String::concat);
                }
            }
            alike.add("node_alike", labels, 1, now());
        }

        assertThat(stack.push(token, alike).statusCode()).isEqualTo(400);

        assertThat(value("count(node_alike)")).isEqualTo(RelayedStack.SERIES);
        assertThat(stack.troubles("alike", Trouble.TOO_MANY_SERIES)).isEqualTo((1 << names) - RelayedStack.SERIES);
    }

    /** Prometheus evaluates no rule that finds one set of labels twice, for no host: that would mute everybody's alert. */
    @Test
    void noHostMakesARuleFailForTheOthers() throws Exception {
        String token = stack.hosts.add("twins");

        await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(1)).untilAsserted(() -> {
            // Again and again: an alert is there as long as its series are.
            assertThat(stack.push(token, twins(now())).statusCode()).isEqualTo(200);
            assertThat(stack.prometheus().rulesThatFail()).isEmpty();
            assertThat(labels("ALERTS{host=\"twins\"}", "alertname")).contains("HostMemoryHigh", "RedisRefusesWrites");
        });
        assertThat(labels("up{host=\"twins\",exported_target_job=\"x\"}", "job"))
                .containsExactly("satellite-redis");
    }

    /** Series that differ in what rules give, and are one afterwards. The first has no label more than all get. */
    private static Samples twins(long now) {
        Samples twins = new Samples();
        for (String given : Stream.concat(Stream.of("instance"), PushedSamples.GIVEN_BY_RULES.stream())
                .toList()) {
            Map<String, String> node = new TreeMap<>(Map.of("instance", "x", "job", "node"));
            node.put(given, "x");
            Map<String, String> redis = new TreeMap<>(node);
            redis.put("job", "redis");
            twins.add("up", redis, 1, now)
                    .add("redis_rdb_last_bgsave_status", redis, 0, now)
                    .add("redis_aof_last_write_status", redis, 0, now)
                    .add("node_memory_MemAvailable_bytes", node, 1, now)
                    .add("node_memory_MemTotal_bytes", node, 100, now);
        }
        return twins;
    }

    /** What a rule gives to what it finds, no host may have given before. */
    @Test
    void whatRulesGiveIsKeptFromHosts() {
        Set<String> given = RuleFiles.alerts().stream()
                .flatMap(alert -> Stream.concat(
                        alert.labels().keySet().stream(),
                        Pattern.compile("\"(\\w+)\",\\s*\"[^\"]*\",\\s*\"\\w*\",\\s*\"")
                                .matcher(alert.expression())
                                .results()
                                .map(found -> found.group(1))))
                .collect(Collectors.toSet());

        assertThat(given).contains("severity", "target_job");
        given.removeAll(PushedSamples.OURS);
        assertThat(PushedSamples.GIVEN_BY_RULES).containsExactlyInAnyOrderElementsOf(given);
    }

    @Test
    void aTokenThatTwoMachinesUseIsSeen() throws Exception {
        String token = stack.hosts.add("doubled");

        for (String machine : List.of("a", "a", "b")) {
            assertThat(stack.push(token, Samples.node("node_doubled", 1, now()), "X-Satellite-Machine", machine)
                            .statusCode())
                    .isEqualTo(200);
        }

        assertThat(stack.troubles("doubled", Trouble.DOUBLED)).isEqualTo(1);
    }

    @Test
    void whatDoesNotSayWhereItIsFromIsOfNoSecondMachine() throws Exception {
        String token = stack.hosts.add("single");

        stack.push(token, Samples.node("node_single", 1, now()), "X-Satellite-Machine", "a");
        assertThat(stack.push(token, Samples.node("node_single", 2, now())).statusCode())
                .isEqualTo(200);

        assertThat(stack.troubles("single", Trouble.DOUBLED)).isZero();
    }

    @Test
    void aDamagedListLetsNobodyInAndLosesNothing() throws Exception {
        String token = stack.hosts.add("kept-out");
        String whole = Files.readString(stack.list);

        Files.writeString(stack.list, whole.replace("\"kept-out\"", "\"centre\""));
        assertThat(stack.push(token, Samples.node("node_kept_out", 1, now())).statusCode())
                .as("the centre's own name")
                .isEqualTo(503);
        Files.writeString(stack.list, whole.substring(0, whole.length() - 5));
        assertThat(stack.push(token, Samples.node("node_kept_out", 1, now())).statusCode())
                .isEqualTo(503);
        assertThat(labels("node_kept_out", "host")).isEmpty();

        Files.writeString(stack.list, whole);
        assertThat(stack.push(token, Samples.node("node_kept_out", 1, now())).statusCode())
                .isEqualTo(200);
    }

    @Test
    void whatIsNoPushIsRefusedAndTheRelayLives() throws Exception {
        String token = stack.hosts.add("nonsense");
        byte[] right = SnappyBlock.encode(Samples.node("node_right", 1, now()).bytes());
        Random random = new Random(19);
        for (int i = 0; i < 200; i++) {
            byte[] damaged = right.clone();
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 + random.nextInt(255));
            assertThat(stack.push(stack.edge(), "/satellites/metrics", token, "snappy", damaged)
                            .statusCode())
                    .isIn(200, 400, 503);
        }
        // Says of itself that it unpacks to 2 GB.
        byte[] bomb = {-1, -1, -1, -1, 7, 0, 0};
        assertThat(stack.push(stack.edge(), "/satellites/metrics", token, "snappy", bomb)
                        .statusCode())
                .isEqualTo(400);
        assertThat(stack.push(stack.edge(), "/satellites/other", token, "snappy", right)
                        .statusCode())
                .isEqualTo(404);
        assertThat(stack.push(token, Samples.node("node_right", 1, now())).statusCode())
                .isEqualTo(200);
        assertThat(labels("{__name__=~\"node_.+\",host=\"nonsense\"}", "job")).containsOnly("satellite-node");
    }

    /** What other versions and other clients send, and what breaks off: each is answered, counted once, and the next push is taken. */
    @Test
    void otherFormsOfPushesAreRefusedAndCounted() throws Exception {
        String token = stack.hosts.add("other-forms");
        byte[] body = Samples.node("node_form", 1, now()).bytes();
        byte[] right = SnappyBlock.encode(body);
        String[][] forms = {
            {"/satellites/metrics", "snappy", "application/x-protobuf;proto=io.prometheus.write.v2.Request", "415"},
            {"/satellites/metrics", "snappy", "application/json", "415"},
            {"/satellites/logs/otlp/v1/logs", "gzip", "application/json", "415"},
            {"/satellites/metrics", "gzip", "application/x-protobuf", "400"},
            {"/satellites/metrics", "zstd", "application/x-protobuf", "400"},
            {"/satellites/logs/otlp/v1/logs", "snappy", "application/x-protobuf", "400"},
            {"/satellites/logs/otlp/v1/logs", "gzip", "application/x-protobuf", "400"},
        };
        for (String[] form : forms) {
            assertThat(stack.push(stack.edge(), form[0], token, form[1], right, "Content-Type", form[2])
                            .statusCode())
                    .as(String.join(" ", form))
                    .isEqualTo(Integer.parseInt(form[3]));
        }
        assertThat(stack.troubles("other-forms", Trouble.MALFORMED)).isEqualTo(forms.length);
        // Loki's own path is none here.
        assertThat(stack.push(stack.edge(), "/satellites/logs/loki/api/v1/push", token, "snappy", right)
                        .statusCode())
                .isEqualTo(404);
        for (int length : List.of(0, 1, 2, right.length / 2, right.length - 1)) {
            assertThat(stack.push(stack.edge(), "/satellites/metrics", token, "snappy", Arrays.copyOf(right, length))
                            .statusCode())
                    .as("cut to " + length)
                    .isEqualTo(400);
        }

        // The series ended: the value is a NaN of its own bits. And the same sample once more, then with another value.
        long now = now();
        double stale = Double.longBitsToDouble(0x7ff0000000000002L);
        assertThat(stack.push(token, Samples.node("node_form", 7, now)).statusCode())
                .isEqualTo(200);
        assertThat(stack.push(token, Samples.node("node_form", 7, now)).statusCode())
                .isEqualTo(200);
        assertThat(stack.push(token, Samples.node("node_form", 8, now)).statusCode())
                .isEqualTo(400);
        assertThat(stack.troubles("other-forms", Trouble.REFUSED)).isEqualTo(1);
        assertThat(value("node_form{host=\"other-forms\"}")).isEqualTo(7);
        assertThat(stack.push(token, Samples.node("node_form", stale, now + 1)).statusCode())
                .isEqualTo(200);
        assertThat(labels("node_form{host=\"other-forms\"}", "host")).isEmpty();
    }

    /** Each weighs little on its way, and would fill the relay's memory, or with the time that of Prometheus. */
    @ParameterizedTest
    @ValueSource(strings = {"twins", "empty samples", "long names", "many labels", "label sets of lines"})
    void aPushThatGrowsWhenItIsReadIsRefusedAndTheRelayLives(String kind) throws Exception {
        String token = stack.hosts.add("grows-" + kind.replace(' ', '-'));
        boolean lines = kind.endsWith("lines");
        byte[] grows = growing(kind);
        assertThat(grows.length).isLessThan(Push.LARGEST_CONTENT);
        byte[] body = lines ? gzip(grows) : snappy(grows);
        assertThat(body.length).isLessThan(Push.LARGEST);
        List<CompletableFuture<Integer>> answers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            answers.add(CompletableFuture.supplyAsync(() -> {
                try {
                    return stack.push(
                                    stack.edge(),
                                    lines ? Push.Kind.LOGS.path() : Push.Kind.METRICS.path(),
                                    token,
                                    lines ? "gzip" : "snappy",
                                    body)
                            .statusCode();
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }));
        }

        for (CompletableFuture<Integer> answer : answers) {
            assertThat(answer.get()).isIn(kind.equals("long names") ? List.of(200, 429) : List.of(400, 429));
        }
        assertThat(stack.push(stack.hosts.add("beside-" + kind.replace(' ', '-')), Samples.node("node_lives", 1, now()))
                        .statusCode())
                .isEqualTo(200);
        assertThat(labels("{__name__=~\"node_.+\",host=~\"grows-.*\"}", "__name__"))
                .isEmpty();
    }

    private static byte[] growing(String kind) {
        ProtoWriter empty = new ProtoWriter();
        Samples samples = new Samples();
        switch (kind) {
            case "twins" -> {
                for (int i = 0; i < 80_000; i++) {
                    samples.add("up", Map.of("job", "node"), 1, now());
                }
            }
            case "empty samples" -> {
                ProtoWriter series = new ProtoWriter();
                for (int i = 0; i < 2_000_000; i++) {
                    series.message(2, empty);
                }
                return new ProtoWriter().message(1, series).toBytes();
            }
            case "long names" -> samples.add("node_" + "x".repeat(1_000_000), Map.of("job", "node"), 1, now());
            case "many labels" -> {
                Map<String, String> labels = new TreeMap<>(Map.of("job", "node"));
                for (int i = 0; i < 20; i++) {
                    labels.put("l" + i, "x".repeat(1_000));
                }
                samples.add("node_labels", labels, 1, now());
            }
            default -> {
                ProtoWriter lines = new ProtoWriter();
                ProtoWriter line = new ProtoWriter().fixed64(1, now() * 1_000_000);
                for (int i = 0; i < 200_000; i++) {
                    lines.message(1, new ProtoWriter().message(2, new ProtoWriter().message(2, line)));
                }
                return lines.toBytes();
            }
        }
        return samples.bytes();
    }

    /** What repeats is small, as a hostile client compresses it. */
    private static byte[] snappy(byte[] plain) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ProtoWriter.number(out, plain.length);
        for (int from = 0; from < plain.length; from += 32_768) {
            ByteBuf packed = Unpooled.buffer();
            int length = Math.min(32_768, plain.length - from);
            new Snappy().encode(Unpooled.wrappedBuffer(plain, from, length), packed, length);
            // Each piece begins with its length.
            while (packed.readByte() < 0) {}
            out.writeBytes(ByteBufUtil.getBytes(packed));
        }
        return out.toByteArray();
    }

    private static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream packed = new GZIPOutputStream(out)) {
            packed.write(plain);
        }
        return out.toByteArray();
    }

    /** Every client pushes what its metrics mean once a minute, by itself; and an exemplar comes with its sample. */
    @Test
    void whatIsNotReadIsPassedOverAndTheSamplesBesideItAreTaken() throws Exception {
        String token = stack.hosts.add("meaning");
        ProtoWriter meaning = new ProtoWriter()
                .varint(1, 2)
                .text(2, "node_meant")
                .text(4, "What it means, in more than a few words.")
                .text(5, "seconds");
        ProtoWriter exemplar = new ProtoWriter()
                .message(1, attribute("trace_id", "t-1"))
                .fixed64(2, 0)
                .varint(3, now());
        ProtoWriter series = new ProtoWriter();
        Map.of("__name__", "node_meant", "job", "node")
                .forEach((name, value) ->
                        series.message(1, new ProtoWriter().text(1, name).text(2, value)));
        series.message(3, exemplar)
                .message(
                        2,
                        new ProtoWriter()
                                .fixed64(1, Double.doubleToRawLongBits(1))
                                .varint(2, now()));

        for (byte[] push : List.of(
                new ProtoWriter().message(3, meaning).message(3, meaning).toBytes(),
                new ProtoWriter().message(3, meaning).message(1, series).toBytes())) {
            assertThat(stack.push(stack.edge(), "/satellites/metrics", token, "snappy", SnappyBlock.encode(push)))
                    .satisfies(answer ->
                            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200));
        }

        assertThat(labels("node_meant", "host")).containsExactly("meaning");
        assertThat(stack.troubles("meaning", Trouble.MALFORMED)).isZero();
    }

    @Test
    void linesCarryTheHostsNameAndOnlyKnownLabels() throws Exception {
        String token = stack.hosts.add("logs-1");
        ProtoWriter resource = new ProtoWriter();
        Map.of("stack", "other", "host", "centre", "service", "shop", "source", "audit", "level", "error", "x", "y")
                .forEach((name, value) -> resource.message(1, attribute(name, value)));
        ProtoWriter line = new ProtoWriter()
                .fixed64(1, now() * 1_000_000)
                .message(5, new ProtoWriter().text(1, "an order"))
                .message(6, attribute("request_id", "r-1"))
                .message(6, attribute("host", "centre"))
                .message(6, attribute("__error__", "fails queries"));
        ProtoWriter late = new ProtoWriter()
                .fixed64(1, (now() + 3_600_000) * 1_000_000)
                .message(5, new ProtoWriter().text(1, "of tomorrow"));
        byte[] push = new ProtoWriter()
                .message(
                        1,
                        new ProtoWriter()
                                .message(2, new ProtoWriter().message(2, line).message(2, late))
                                .message(1, resource))
                .toBytes();

        assertThat(stack.push(stack.edge(), Push.Kind.LOGS.path(), "wrong", "", push)
                        .statusCode())
                .isEqualTo(401);
        assertThat(PUSHED_LINES).isEmpty();
        assertThat(stack.push(stack.edge(), Push.Kind.LOGS.path(), token, "", push)
                        .statusCode())
                .isEqualTo(400);

        assertThat(TENANTS).isNotEmpty().containsOnly("team-a");
        assertThat(PUSHED_LINES)
                .singleElement()
                .satisfies(body -> assertThat(texts(body))
                        .containsExactly(
                                "stack",
                                "staging",
                                "host",
                                "logs-1",
                                "service",
                                "shop",
                                "source",
                                "satellite",
                                "level",
                                "error",
                                "an order",
                                "request_id",
                                "r-1"));
        assertThat(stack.troubles("logs-1", Trouble.CLOCK_AHEAD)).isEqualTo(1);
    }

    /** LOG-9: each host's own line counts for it, and no other's. */
    @Test
    void theProofOfLinesFindsEachHostsCanaryUnderItsOwnName() throws Exception {
        // A list of its own, with names of the relay's: that one has the hosts of all tests.
        Path list = Files.createDirectory(folder.resolve("proof")).resolve("hosts.json");
        TestHosts proven = new TestHosts(list, RelayedStack.CENTRE);
        Proof proof = LoggingProofsFixture.otherHostsLines(
                LokiFixture.at(URI.create(kept.url()), RelayedStack.STACK),
                new Hosts(
                        list,
                        new Identity(RelayedStack.STACK, RelayedStack.CENTRE, "sidecar", "staging"),
                        Clock.systemUTC()));
        assertThatThrownBy(proof::prove).isInstanceOf(NotConfigured.class);
        Map<String, String> tokens = new TreeMap<>();
        for (String name : List.of("singing", "late", "mute", "liar")) {
            proven.add(name);
            tokens.put(name, stack.hosts.add(name));
        }

        assertThat(pushLine(tokens.get("singing"), "singing", "canary", now())).isEqualTo(200);
        assertThat(pushLine(tokens.get("late"), "late", "canary", now() - 240_000))
                .isEqualTo(200);
        assertThat(pushLine(tokens.get("mute"), "mute", "shop", now())).isEqualTo(200);
        // It claims to be the one that is mute.
        assertThat(pushLine(tokens.get("liar"), "mute", "canary", now())).isEqualTo(200);

        Finding finding = proof.prove();
        assertThat(finding.verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(finding.evidence()).isEqualTo("No canary line from late, mute.");
        assertThat(finding.details())
                .hasSize(4)
                .anyMatch(line -> line.startsWith("singing: canary line of "))
                .anyMatch(line -> line.startsWith("liar: canary line of "));

        proven.revoke("late");
        assertThat(pushLine(tokens.get("mute"), "mute", "canary", now())).isEqualTo(200);
        assertThat(proof.prove().verdict()).isEqualTo(Verdict.HELD);
    }

    private static int pushLine(String token, String host, String service, long millis) throws Exception {
        byte[] push = new ProtoWriter()
                .message(
                        1,
                        new ProtoWriter()
                                .message(
                                        1,
                                        new ProtoWriter()
                                                .message(1, attribute("host", host))
                                                .message(1, attribute("service", service)))
                                .message(
                                        2,
                                        new ProtoWriter()
                                                .message(
                                                        2,
                                                        new ProtoWriter()
                                                                .fixed64(1, millis * 1_000_000)
                                                                .message(5, new ProtoWriter().text(1, "canary")))))
                .toBytes();
        return stack.push(stack.edge(), Push.Kind.LOGS.path(), token, "", push).statusCode();
    }

    /** As Loki does: each line under the labels of its resource. @return false if it is no push */
    private static boolean keep(byte[] push) {
        try {
            ProtoReader in = new ProtoReader(push);
            while (in.next() != 0) {
                Map<String, String> labels = new TreeMap<>();
                Map<Long, String> lines = new TreeMap<>();
                ProtoReader part = in.message();
                for (int field = part.next(); field != 0; field = part.next()) {
                    ProtoReader inner = part.message();
                    while (inner.next() != 0) {
                        if (field == 1) {
                            List<String> texts = new ArrayList<>();
                            collect(inner.message(), "/1/1/1", texts);
                            labels.put(texts.get(0), texts.get(1));
                        } else {
                            ProtoReader line = inner.message();
                            line.next();
                            lines.put(line.fixed64(), "canary");
                        }
                    }
                }
                lines.forEach((nanos, text) -> kept.add(nanos, labels, text));
            }
            return true;
        } catch (Malformed e) {
            return false;
        }
    }

    private static ProtoWriter attribute(String name, String value) {
        return new ProtoWriter().text(1, name).message(2, new ProtoWriter().text(1, value));
    }

    /** All texts of a message, in the order in which they stand there. */
    private static List<String> texts(byte[] message) throws Malformed {
        List<String> texts = new ArrayList<>();
        collect(new ProtoReader(message), "", texts);
        return texts;
    }

    private static void collect(ProtoReader in, String at, List<String> texts) throws Malformed {
        for (int field = in.next(); field != 0; field = in.next()) {
            String path = at + "/" + field;
            if (path.matches("/1/1/1/1|/1/1/1/2/1|/1/2/2/6/1|/1/2/2/[56](/2)?/1")) {
                texts.add(in.text());
            } else if (in.is(ProtoReader.BYTES)) {
                collect(in.message(), path, texts);
            } else {
                in.skip();
            }
        }
    }

    /** Of the rules that watch a host one tells that it is silent, with its name, and no other; and nothing of the host beside. */
    @Test
    void aSilentHostIsToldOnce() throws Exception {
        String exporter = stack.nodeExporter();
        String scrape = "- job_name: node\n  static_configs: [{targets: ['" + exporter + "']}]\n";
        ChildProcess silenced = stack.agent("silenced", stack.hosts.add("silenced"), scrape);
        stack.agent("talking", stack.hosts.add("talking"), scrape);
        String up = "up{job=\"satellite-node\",host=~\"silenced|talking\"} == 1";
        await().atMost(PATIENCE).until(() -> labels(up, "host").size() == 2);
        // Neither of the two pushes log lines.
        String firing = "ALERTS{alertstate=\"firing\",host=~\"silenced|talking\"}"
                + " unless ALERTS{alertname=\"HostSilent\",severity=\"warning\"}";
        assertThat(labels(firing, "alertname")).isEmpty();

        silenced.close();

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(labels(firing, "alertname")).containsExactly("HostSilent"));
        assertThat(labels(firing, "host")).containsExactly("silenced");
        // Its series are gone by then, and nothing else has begun to fire.
        await().atMost(PATIENCE).until(() -> labels(up, "host").equals(List.of("talking")));
        assertThat(labels(firing, "alertname")).containsExactly("HostSilent");
    }

    @Test
    void whatItExportsIsWhatRulesAndThePageSay() throws Exception {
        String token = stack.hosts.add("counted");
        assertThat(stack.push(token, Samples.node("node_counted", 1, now())).statusCode())
                .isEqualTo(200);
        Map<String, Set<String>> exported = new TreeMap<>();
        stack.metrics()
                .lines()
                .filter(line -> line.startsWith("sidecar_relay_") && line.contains("satellite=\"counted\""))
                .forEach(line -> exported.computeIfAbsent(line.replaceFirst("\\{.*", ""), name -> new TreeSet<>())
                        .addAll(Pattern.compile("(\\w+)=\"")
                                .matcher(line)
                                .results()
                                .map(label -> label.group(1))
                                .toList()));

        assertThat(exported).hasSize(5);
        List<String> page = Files.readAllLines(Path.of("docs/satellites.md"));
        List<String> contract = Files.readAllLines(Path.of("prometheus/contracts/relay.txt"));
        exported.forEach((name, labels) -> {
            assertThat(page)
                    .anyMatch(line -> line.startsWith("| `%s` | %s |"
                            .formatted(
                                    name, labels.stream().map("`%s`"::formatted).collect(Collectors.joining(", ")))));
            assertThat(contract)
                    .anySatisfy(line -> assertThat(Arrays.stream(line.split(" ", 3)[2].split(","))
                                    .map(label -> label.replaceFirst("=.*", "")))
                            .as(line)
                            .containsExactlyElementsOf(labels)
                            .satisfies(all -> assertThat(line).startsWith(name + " ")));
        });
        assertThat(contract)
                .anyMatch(line -> line.contains("reason="
                        + Arrays.stream(Trouble.values())
                                .map(Trouble::label)
                                .sorted()
                                .collect(Collectors.joining("|"))));
    }

    /** A queue on the satellite's disk holds what the centre does not take. */
    @Test
    void whileTheCentreIsAwayARealClientKeepsItsSamples() throws Exception {
        String token = stack.hosts.add("patient");
        String exporter = stack.nodeExporter();
        ChildProcess agent = stack.agent(
                "patient", token, "- job_name: node\n  static_configs: [{targets: ['" + exporter + "']}]\n");
        String samples = "count_over_time(node_time_seconds{host=\"patient\"}[1h])";
        await().atMost(PATIENCE).until(() -> value(samples) > 3);

        double before = value("max_over_time(timestamp(node_time_seconds{host=\"patient\"})[1h:1s])");
        stack.stopPrometheus();
        try {
            await("a gap").atMost(PATIENCE).until(() -> now() / 1000.0 > before + 20);
            agent.requireAlive();
        } finally {
            stack.startPrometheusAgain();
        }

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(value(
                                "count_over_time(node_time_seconds{host=\"patient\"}[20s] @ " + (before + 20) + ")"))
                        .as("samples of the 20 seconds without the centre, one a second")
                        .isGreaterThanOrEqualTo(15));
        agent.close();
    }

    private static double value(String query) {
        var result = stack.prometheus().query(query);
        return result.isEmpty()
                ? 0
                : Double.parseDouble(result.get(0).get("value").get(1).asString());
    }

    private static List<String> labels(String query, String label) {
        return StreamSupport.stream(stack.prometheus().query(query).spliterator(), false)
                .map(series -> series.path("metric").path(label).asString(""))
                .collect(Collectors.toList());
    }

    private static long now() {
        return System.currentTimeMillis();
    }
}
