package dev.sidecar.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.logs.LokiDouble.Entry;
import dev.sidecar.support.FreePort;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.MDC;

@Tag("long")
@Timeout(120)
class LokiShippingTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void aLineArrivesWithItsLabelsItsTimeAndTheIdsOfTheRequest() {
        try (LokiDouble loki = new LokiDouble();
                LogBench bench = new LogBench(loki.url() + "/")) {
            MDC.put("request_id", "demo-1");
            bench.logger().info("served");
            MDC.put("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736");
            MDC.put("span_id", "00f067aa0ba902b7");
            bench.logger().atWarn().addKeyValue("request_id", "demo-2").log("slow");
            MDC.clear();
            bench.logger().error("failed");

            // A batch counts as delivered when its answer is here, which is later than it is stored.
            await().atMost(PATIENCE).until(() -> bench.loki().delivered() == 3);

            assertThat(loki.complaints()).isEmpty();
            assertThat(loki.stored())
                    .extracting(entry -> entry.labels().toString() + entry.metadata())
                    .containsExactlyInAnyOrder(
                            "{host=box-1, level=info, service=sidecar, source=sidecar, stack=staging}{request_id=demo-1}",
                            "{host=box-1, level=warn, service=sidecar, source=sidecar, stack=staging}"
                                    + "{request_id=demo-2, span_id=00f067aa0ba902b7, trace_id=4bf92f3577b34da6a3ce929d0e0e4736}",
                            "{host=box-1, level=error, service=sidecar, source=sidecar, stack=staging}{}");
            assertThat(loki.stored())
                    .allSatisfy(entry -> assertThat(entry.line())
                            .startsWith("{\"timestamp\":\"20")
                            .contains("\"environment\":\"test\"")
                            .endsWith("}"));
        }
    }

    @Test
    void equalLinesOfOneMomentAreAllKept() {
        try (LokiDouble loki = new LokiDouble();
                LogBench bench = new LogBench(loki.url())) {
            for (int i = 0; i < 900; i++) {
                bench.logAt(Instant.parse("2026-11-23T22:41:15.123456Z"), "the same");
            }
            await().atMost(PATIENCE).until(() -> bench.loki().delivered() == 900);
            assertThat(loki.stored()).hasSize(900);
        }
    }

    @Test
    void theCountOfLinesInABatchIsRightWhateverIsInThem() {
        try (LokiDouble loki = new LokiDouble();
                LogBench bench = new LogBench(loki.url())) {
            String[] nasty = {"[", "[\"1\"", "[\\\"1", "[\"", "\"[", "[1", "ends with ["};
            for (String text : nasty) {
                MDC.put("request_id", text);
                bench.logger().info(text);
            }
            MDC.clear();
            await().atMost(PATIENCE).until(() -> loki.stored().size() == nasty.length);
            await().atMost(PATIENCE).until(() -> bench.loki().waiting() == 0);
            assertThat(bench.loki().delivered()).isEqualTo(nasty.length);
        }
    }

    @Test
    void logsInToAProxyBeforeLoki() {
        try (LokiDouble loki = new LokiDouble();
                LogBench bench = new LogBench(loki.url(), "sidecar", "s3cret")) {
            bench.logger().info("hello");
            await().atMost(PATIENCE).until(() -> bench.loki().delivered() == 1);
            assertThat(loki.authorization()).isEqualTo("Basic c2lkZWNhcjpzM2NyZXQ=");
        }
    }

    @Test
    void namesItsTenantAndPresentsAToken() {
        try (LokiDouble loki = new LokiDouble();
                LogBench bench = new LogBench(loki.url(), "", "", "t0ken-of-ours", "our-team")) {
            bench.logger().info("hello");
            await().atMost(PATIENCE).until(() -> bench.loki().delivered() == 1);
            assertThat(loki.authorization()).isEqualTo("Bearer t0ken-of-ours");
            assertThat(loki.tenant()).isEqualTo("our-team");
        }
    }

    /** The settings refuse it a moment later, in words. */
    @Test
    void aTokenThatNoHeaderHoldsStopsNoLine() {
        try (LokiDouble loki = new LokiDouble();
                LogBench bench = new LogBench(loki.url(), "", "", "two\nlines", "two words")) {
            bench.logger().info("hello");
            await().atMost(PATIENCE).until(() -> bench.loki().delivered() == 1);
            assertThat(loki.authorization()).isEmpty();
            assertThat(loki.tenant()).isEmpty();
        }
    }

    static Stream<LokiDouble.Behaviour> outages() {
        return Stream.of(
                LokiDouble.answers(429, "ingestion rate limit exceeded"),
                LokiDouble.answers(502, "bad gateway"),
                LokiDouble.answers(503, "shutting down"),
                LokiDouble.answers(504, "gateway timeout"),
                // Closes the connection without an answer.
                (loki, exchange, entries) -> exchange.close(),
                // Stores, but the answer never arrives: the batch comes again.
                (loki, exchange, entries) -> {
                    loki.store(entries);
                    exchange.close();
                },
                // Never answers.
                (loki, exchange, entries) -> new CountDownLatch(1).await(),
                // Begins an answer and never ends it.
                (loki, exchange, entries) -> {
                    exchange.sendResponseHeaders(200, 1000);
                    exchange.getResponseBody().write("{".getBytes(StandardCharsets.UTF_8));
                    exchange.getResponseBody().flush();
                    new CountDownLatch(1).await();
                });
    }

    @ParameterizedTest
    @MethodSource("outages")
    void afterAnOutageEveryLineIsThereOnce(LokiDouble.Behaviour outage) {
        try (LokiDouble loki = new LokiDouble();
                LogBench bench = new LogBench(loki.url())) {
            AtomicInteger failing = new AtomicInteger(2);
            loki.behave((self, exchange, entries) -> {
                if (failing.getAndDecrement() > 0) {
                    outage.answer(self, exchange, entries);
                } else {
                    LokiDouble.STORES.answer(self, exchange, entries);
                }
            });
            for (int i = 0; i < 500; i++) {
                bench.logger().info("line {}", i);
            }

            await().atMost(PATIENCE).until(() -> bench.loki().delivered() == 500);

            assertThat(failing.get()).isNegative();
            assertThat(distinct(loki)).hasSize(500);
            assertThat(loki.stored()).hasSize(500);
            assertThat(bench.loki().dropped() + bench.loki().failed()).isZero();
        }
    }

    @Test
    void withLokiGoneMemoryIsBoundedNobodyWaitsAndTheAccountIsExact() throws IOException {
        int port = FreePort.get();
        int sent = 60_000;
        try (LogBench bench = new LogBench("http://localhost:" + port)) {
            // The time limit of the class is the assertion that logging does not wait.
            for (int i = 0; i < sent; i++) {
                bench.logger().info("line {} {}", i, "x".repeat(200));
            }
            await().atMost(PATIENCE).until(() -> bench.loki().dropped() > 0);
            long dropped = bench.loki().dropped();
            assertThat(bench.loki().waiting()).isEqualTo(sent - dropped).isBetween(1_000L, 8_000L);

            try (LokiDouble loki = new LokiDouble(port)) {
                await().atMost(PATIENCE).until(() -> bench.loki().waiting() == 0);
                assertThat(loki.complaints()).isEmpty();
                assertThat((long) loki.stored().size())
                        .isEqualTo(bench.loki().delivered())
                        .isEqualTo(sent - dropped);
                assertThat(bench.loki().failed()).isZero();
                bench.logger().info("and after it all is as before");
                await().atMost(PATIENCE).until(() -> bench.loki().delivered() == sent - dropped + 1);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 404, 413})
    void aRefusedBatchIsLostAtOnceAndCountedByLineAndByBatch(int status) {
        try (LokiDouble loki = new LokiDouble();
                LogBench bench = new LogBench(loki.url())) {
            loki.behave(LokiDouble.answers(status, "no"));
            for (int i = 0; i < 20; i++) {
                bench.logger().info("line {}", i);
            }
            await().atMost(PATIENCE).until(() -> bench.loki().failed() == 20);
            assertThat(bench.appender().lostBatches(LokiTrouble.Loss.REJECTED)).isPositive();

            loki.behave(LokiDouble.STORES);
            bench.logger().info("taken");
            await().atMost(PATIENCE).until(() -> bench.loki().delivered() == 1);
            assertThat(loki.stored()).hasSize(1);
        }
    }

    /** So does Loki: it stores what it can and complains about the rest. */
    @Test
    void aLineFromTheFutureCostsItselfOnly() {
        try (LokiDouble loki = new LokiDouble();
                LogBench bench = new LogBench(loki.url())) {
            loki.behave(LokiDouble.REFUSES_THE_FUTURE);
            for (int i = 0; i < 20; i++) {
                bench.logger().info("line {}", i);
            }
            bench.logAt(Instant.now().plus(Duration.ofHours(3)), "from the future");
            bench.logAt(Instant.now().plus(Duration.ofHours(3)), "from the future, too");

            await().atMost(PATIENCE).until(() -> bench.loki().waiting() == 0);

            assertThat(loki.complaints()).isEmpty();
            assertThat(loki.stored()).hasSize(20);
            assertThat(bench.loki().delivered()).isEqualTo(20);
            assertThat(bench.loki().refused()).isEqualTo(2);
            assertThat(bench.loki().failed()).isZero();
            assertThat(bench.appender().lostBatches(LokiTrouble.Loss.REJECTED)).isZero();
        }
    }

    /** Cut after a few kilobytes, it would tell of fewer lines than are lost. */
    @Test
    void aLongListOfComplaintsIsReadAndTheNextLineIsSent() {
        try (LokiDouble loki = new LokiDouble();
                LogBench bench = new LogBench(loki.url())) {
            loki.behave(LokiDouble.REFUSES_THE_FUTURE);
            for (int i = 0; i < 200; i++) {
                bench.logAt(Instant.now().plus(Duration.ofHours(3 + i)), "from the future");
            }
            bench.logger().info("of today");

            await().atMost(PATIENCE).until(() -> bench.loki().waiting() == 0);

            assertThat(bench.loki().refused()).isEqualTo(200);
            assertThat(bench.loki().delivered()).isEqualTo(1);
        }
    }

    @Test
    void aBatchThatLokiFailsAtIsGivenUpAndTheNextOnesAreSent() {
        try (LokiDouble loki = new LokiDouble();
                LogBench bench = new LogBench(loki.url())) {
            loki.behave((self, exchange, entries) -> {
                boolean poison = entries.stream().anyMatch(entry -> entry.line().contains("poison"));
                (poison ? LokiDouble.answers(500, "panic") : LokiDouble.STORES).answer(self, exchange, entries);
            });
            bench.logger().info("poison");
            await().atMost(PATIENCE).until(() -> loki.requests() > 0);
            bench.logger().info("healthy");

            await().atMost(PATIENCE).until(() -> bench.loki().waiting() == 0);

            assertThat(loki.stored())
                    .extracting(Entry::line)
                    .singleElement()
                    .asString()
                    .contains("healthy");
            assertThat(bench.loki().failed()).isEqualTo(1);
            assertThat(bench.appender().lostBatches(LokiTrouble.Loss.SERVER_ERROR))
                    .isEqualTo(1);
        }
    }

    @Test
    void aServerErrorThatPassesLosesNothing() {
        try (LokiDouble loki = new LokiDouble();
                LogBench bench = new LogBench(loki.url())) {
            AtomicInteger failing = new AtomicInteger(3);
            loki.behave((self, exchange, entries) -> (failing.getAndDecrement() > 0
                            ? LokiDouble.answers(500, "context canceled")
                            : LokiDouble.STORES)
                    .answer(self, exchange, entries));
            bench.logger().info("line");
            await().atMost(PATIENCE).until(() -> bench.loki().delivered() == 1);
            assertThat(bench.loki().failed()).isZero();
        }
    }

    @Test
    void aLineThatIsTooLongForLokiIsDroppedAndCountedAndHurtsNoOther() {
        try (LokiDouble loki = new LokiDouble();
                LogBench bench = new LogBench(loki.url())) {
            bench.logger().info("x".repeat(300 * 1024));
            bench.logger().info("short");
            await().atMost(PATIENCE).until(() -> bench.loki().delivered() == 1);
            assertThat(bench.loki().dropped()).isEqualTo(1);
            assertThat(loki.complaints()).isEmpty();
        }
    }

    @Test
    void atTheEndWhatIsBufferedIsSent() {
        try (LokiDouble loki = new LokiDouble()) {
            LogBench bench = new LogBench(loki.url());
            bench.logger().info("the connection is made and the code is warm");
            await().atMost(PATIENCE).until(() -> bench.loki().delivered() == 1);
            for (int i = 0; i < 300; i++) {
                bench.logger().info("line {}", i);
            }
            bench.close();
            assertThat(distinct(loki)).hasSize(301);
            assertThat(bench.loki().delivered()).isEqualTo(301);
        }
    }

    /** The answer that hangs is the hardest: it holds the sender while the deadline passes. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void atTheEndADeadLokiIsNotWaitedForAndWhatIsLeftIsCounted(boolean hanging) throws IOException {
        try (LokiDouble loki = new LokiDouble()) {
            loki.behave((self, exchange, entries) -> new CountDownLatch(1).await());
            LogBench bench = new LogBench(hanging ? loki.url() : "http://localhost:" + FreePort.get());
            for (int i = 0; i < 100; i++) {
                bench.logger().info("line {}", i);
            }
            long began = System.nanoTime();
            bench.close();

            // 6 s is the promise; the rest is for a machine that is busy.
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
            assertThat(bench.loki().failed()).isEqualTo(100);
            assertThat(bench.appender().lostBatches(LokiTrouble.Loss.SHUTDOWN)).isEqualTo(1);
        }
    }

    @Test
    void theEndComesAtOnceWhenNothingIsBuffered() throws IOException {
        LogBench bench = new LogBench("http://localhost:" + FreePort.get());
        bench.close();
        assertThat(bench.loki().failed()).isZero();
    }

    private static Set<String> distinct(LokiDouble loki) {
        Set<String> lines = new HashSet<>();
        List<Entry> stored = loki.stored();
        stored.forEach(entry -> lines.add(entry.line().replaceAll("\"timestamp\":\"[^\"]*\"", "")));
        return lines;
    }
}
