package dev.sidecar.notices;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.jobs.Outcome.Result;
import dev.sidecar.settings.Identity;
import dev.sidecar.support.MutableClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class NoticesTest {

    private static final Notice NOTICE = new Notice("subject", "text");

    private final MutableClock clock = new MutableClock("2026-11-23T12:00:00Z");
    private final DeadMansSwitch deadMansSwitch =
            new DeadMansSwitch(clock, Duration.ofMinutes(5), Duration.ofHours(1), true);
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final NoticeMetrics metrics = new NoticeMetrics(registry, deadMansSwitch, List.of("first", "second"));
    private final List<Duration> pauses = Collections.synchronizedList(new ArrayList<>());
    private final Scripted first = new Scripted("first");
    private final Scripted second = new Scripted("second");
    private final Notices notices = new Notices(List.of(first, second), metrics, Duration.ofSeconds(10), pauses::add);

    @Test
    void tellsEverybodyAndCountsIt() throws Exception {
        assertThat(notices.tell(NOTICE)).isEqualTo(2);
        assertThat(first.told).isEqualTo(1);
        assertThat(count("sidecar.notifications", "first", "outcome", "success"))
                .isEqualTo(1);
        assertThat(pauses).isEmpty();
    }

    @Test
    void triesAgainWithLongerPausesWhenThatCanHelpAndAsLongAsItWasAskedTo() throws Exception {
        first.fails(
                Delivery.failed(DeliveryProblem.SERVER_ERROR, "500"), Delivery.failed(DeliveryProblem.TIMEOUT, "slow"));
        second.fails(
                new Delivery(DeliveryProblem.RATE_LIMITED, "429", Duration.ofSeconds(7)),
                new Delivery(DeliveryProblem.RATE_LIMITED, "429", Duration.ofDays(7)));

        assertThat(notices.tell(NOTICE)).isEqualTo(2);

        assertThat(pauses)
                .containsExactlyInAnyOrder(
                        Duration.ofSeconds(2), Duration.ofSeconds(4), Duration.ofSeconds(7), Duration.ofSeconds(60));
        assertThat(count("sidecar.notifications.failed", "first", "reason", "server_error"))
                .isEqualTo(1);
        assertThat(count("sidecar.notifications.failed", "second", "reason", "rate_limited"))
                .isEqualTo(2);
    }

    @Test
    void givesUpAtOnceWhatCannotHelpAndAfterFourAttemptsWhatDidNotAndOneThatFailsKeepsNobodyElseFromHearing()
            throws Exception {
        first.fails(Delivery.failed(DeliveryProblem.AUTH, "403"));
        assertThat(notices.tell(NOTICE)).isEqualTo(1);
        assertThat(first.told).isEqualTo(1);
        assertThat(count("sidecar.notifications", "first", "outcome", "failure"))
                .isEqualTo(1);

        Delivery gone = Delivery.failed(DeliveryProblem.UNREACHABLE, "gone");
        first.fails(gone, gone, gone, gone, gone);
        assertThat(notices.tell(NOTICE)).isEqualTo(1);
        assertThat(first.told).isEqualTo(1 + 4);
        assertThat(second.told).isEqualTo(2);
    }

    /** As a mail server does that says one letter after the other. */
    @Test
    void whoIsSlowHoldsNobodyElseAndIsToldEverythingInOrder() throws Exception {
        CountDownLatch stuck = new CountDownLatch(1);
        first.before = stuck;
        Notices impatient = new Notices(List.of(first, second), metrics, Duration.ofMillis(200), pauses::add);

        assertThat(impatient.tell(NOTICE)).isEqualTo(1);
        assertThat(impatient.tell(new Notice("later", "text"))).isEqualTo(1);
        assertThat(second.told).isEqualTo(2);

        stuck.countDown();
        await().untilAsserted(() -> assertThat(count("sidecar.notifications", "first", "outcome", "success"))
                .isEqualTo(2));
        assertThat(first.last.subject()).isEqualTo("later");
    }

    @Test
    void moreThanSomeNoticesDoNotWaitForOne() throws Exception {
        CountDownLatch stuck = new CountDownLatch(1);
        first.before = stuck;
        Notices impatient = new Notices(List.of(first, second), metrics, Duration.ofMillis(1), pauses::add);
        for (int i = 0; i < 60; i++) {
            impatient.tell(NOTICE);
        }
        stuck.countDown();
        await().untilAsserted(() -> assertThat(count("sidecar.notifications", "first", "outcome", "success"))
                .isEqualTo(21));
        assertThat(count("sidecar.notifications", "first", "outcome", "failure"))
                .isEqualTo(39);
    }

    @Test
    void allSeriesAreThereBeforeAnythingHappened() {
        assertThat(registry.getMeters())
                .extracting(meter -> meter.getId().getName())
                .contains(
                        "sidecar.watchdog.last.received.timestamp",
                        "sidecar.dead.mans.switch.open",
                        "sidecar.notifications",
                        "sidecar.notifications.suppressed");
        for (DeliveryProblem reason : DeliveryProblem.values()) {
            assertThat(count("sidecar.notifications.failed", "first", "reason", reason.label()))
                    .isZero();
        }
    }

    @Test
    void theWatchTellsPeopleAndTriesAgainSoonWhenNobodyCouldBeTold() throws Exception {
        Watch watch = new Watch(deadMansSwitch, notices, new Identity("staging", "box-1", "sidecar", "test"));
        assertThat(watch.look().result()).isEqualTo(Result.SUCCESS);
        assertThat(first.told).isZero();
        first.fails(Delivery.failed(DeliveryProblem.AUTH, "403"));
        second.fails(Delivery.failed(DeliveryProblem.AUTH, "403"));

        pass(Duration.ofMinutes(5));
        clock.tick(Duration.ofSeconds(15));
        assertThat(watch.look().result()).isEqualTo(Result.FAILURE);
        assertThat(registry.get("sidecar.dead.mans.switch.open").gauge().value())
                .isEqualTo(1);

        clock.tick(Duration.ofSeconds(60));
        assertThat(watch.look().result()).isEqualTo(Result.SUCCESS);
        assertThat(first.last.subject()).isEqualTo("[STILL] staging on box-1: alerting is down");
        assertThat(first.last.text()).contains("since 2026-11-23T12:00:00Z (the start of the sidecar");

        deadMansSwitch.beat();
        assertThat(watch.look().result()).isEqualTo(Result.SUCCESS);
        assertThat(first.last.subject()).isEqualTo("[RESOLVED] staging on box-1: alerting works again");
        assertThat(registry.get("sidecar.dead.mans.switch.open").gauge().value())
                .isZero();
    }

    @Test
    void withNobodyToTellTheJobFailsAndSaysSo() throws Exception {
        Watch watch = new Watch(
                deadMansSwitch,
                new Notices(List.of(), metrics, Duration.ofSeconds(10), pauses::add),
                new Identity("staging", "box-1", "sidecar", "test"));
        pass(Duration.ofMinutes(5));
        clock.tick(Duration.ofSeconds(15));
        assertThat(watch.look().reason()).contains("no channel is configured for the sidecar's own notices");
    }

    private void pass(Duration time) {
        for (long seconds = 0; seconds < time.toSeconds(); seconds += 15) {
            clock.tick(Duration.ofSeconds(15));
            assertThat(deadMansSwitch.check()).isEmpty();
        }
    }

    private double count(String meter, String receiver, String tag, String value) {
        return registry.get(meter)
                .tags("receiver", receiver, tag, value)
                .counter()
                .count();
    }

    private static final class Scripted implements Notifier {

        private final String name;
        private final Deque<Delivery> failures = new ArrayDeque<>();
        private volatile int told;
        private volatile Notice last;
        private CountDownLatch before = new CountDownLatch(0);

        Scripted(String name) {
            this.name = name;
        }

        void fails(Delivery... deliveries) {
            failures.clear();
            failures.addAll(List.of(deliveries));
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Delivery deliver(Notice notice) {
            try {
                before.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            told++;
            last = notice;
            Delivery failure = failures.poll();
            return failure == null ? Delivery.DONE : failure;
        }
    }
}
