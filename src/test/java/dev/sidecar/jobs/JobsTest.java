package dev.sidecar.jobs;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sidecar.jobs.Job.Retries;
import dev.sidecar.jobs.Job.Run;
import dev.sidecar.support.ErrorLines;
import dev.sidecar.support.MutableClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JobsTest {

    private static final Schedule NIGHTLY = Schedule.cron("x", "0 0 2 * * *", ZoneOffset.UTC);
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private static final Duty.State ON_DUTY = new Duty.State(Duty.Holder.THIS, "");
    private static final Duty.State OTHER = new Duty.State(Duty.Holder.OTHER, "another sidecar, two, is on duty");
    private static final Duty.State UNKNOWN = new Duty.State(Duty.Holder.UNKNOWN, "PostgreSQL does not tell");

    private final MutableClock clock = new MutableClock("2026-11-23T01:59:00Z");
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final List<Run> runs = new CopyOnWriteArrayList<>();
    private final List<JobEnded> ended = new CopyOnWriteArrayList<>();
    private volatile Duty.State duty = ON_DUTY;
    private volatile Error broken;
    private final AtomicInteger asked = new AtomicInteger();
    private Jobs jobs;

    @AfterEach
    void stop() {
        jobs.stop();
    }

    @Test
    void runsAtItsSlotAndOnlyOnce() {
        start(nightly(Retries.NONE, Optional.empty(), run -> Outcome.success("done")));
        jobs.tick();
        assertThat(runs).isEmpty();

        clock.set("2026-11-23T02:00:00Z");
        jobs.tick();
        jobs.tick();

        awaitOutcomes("success", 1);
        assertThat(runs).extracting(Run::slot).containsExactly(Instant.parse("2026-11-23T02:00:00Z"));
        assertThat(gauge("sidecar.job.last.success.timestamp"))
                .isEqualTo(Instant.parse("2026-11-23T02:00:00Z").getEpochSecond());
        assertThat(gauge("sidecar.job.next.run.timestamp"))
                .isEqualTo(Instant.parse("2026-11-24T02:00:00Z").getEpochSecond());
    }

    @Test
    void catchesUpTheNewestSlotMissedWhileDownOnceAndUnderItsOwnTime() {
        clock.set("2026-11-23T09:00:00Z");
        start(nightly(
                Retries.NONE, Optional.of(Instant.parse("2026-11-19T02:00:00Z")), run -> Outcome.success("caught up")));
        jobs.tick();
        awaitOutcomes("success", 1);
        jobs.tick();

        assertThat(runs).extracting(Run::slot).containsExactly(Instant.parse("2026-11-23T02:00:00Z"));
    }

    @Test
    void aClockThatJumpsBackGivesNoSlotTwiceAndOneThatJumpsForwardOnlyTheNewest() {
        start(nightly(Retries.NONE, Optional.empty(), run -> Outcome.success("done")));
        clock.set("2026-11-23T02:00:01Z");
        jobs.tick();
        awaitOutcomes("success", 1);

        clock.set("2026-11-23T00:00:00Z");
        jobs.tick();
        clock.set("2026-11-23T02:00:01Z");
        jobs.tick();
        assertThat(runs).hasSize(1);

        clock.set("2026-11-26T12:00:00Z");
        jobs.tick();
        awaitOutcomes("success", 2);
        assertThat(runs).extracting(Run::slot).endsWith(Instant.parse("2026-11-26T02:00:00Z"));
    }

    /** Else nothing would be backed up, or proven, until the clock is there again. */
    @Test
    void aClockThatWasYearsAheadForAMomentStopsNoJob() {
        start(nightly(Retries.NONE, Optional.empty(), run -> Outcome.success("done")));
        clock.set("2031-01-01T02:00:01Z");
        jobs.tick();
        awaitOutcomes("success", 1);

        clock.set("2026-11-23T02:00:00Z");
        jobs.tick();
        assertThat(runs).hasSize(1);
        clock.set("2026-11-24T02:00:00Z");
        jobs.tick();
        awaitOutcomes("success", 2);

        assertThat(runs).extracting(Run::slot).endsWith(Instant.parse("2026-11-24T02:00:00Z"));
    }

    @Test
    void retriesAFailedSlotWithGrowingDelaysAndThenLeavesIt() {
        start(nightly(new Retries(3, Duration.ofMinutes(5)), Optional.empty(), run -> {
            throw new IllegalStateException("no route to host");
        }));
        clock.set("2026-11-23T02:00:00Z");
        jobs.tick();
        awaitOutcomes("failure", 1);

        clock.tick(Duration.ofMinutes(4));
        jobs.tick();
        assertThat(runs).hasSize(1);
        clock.tick(Duration.ofMinutes(1));
        jobs.tick();
        awaitOutcomes("failure", 2);
        clock.tick(Duration.ofMinutes(10));
        jobs.tick();
        awaitOutcomes("failure", 3);
        clock.tick(Duration.ofHours(5));
        jobs.tick();

        assertThat(runs).extracting(Run::attempt).containsExactly(1, 2, 3);
        assertThat(runs).extracting(Run::slot).containsOnly(Instant.parse("2026-11-23T02:00:00Z"));
        assertThat(jobs.status("nightly").last()).isEqualTo(Outcome.failure("no route to host"));
    }

    /** As many failures as an outage brings use up no attempt, and the first one after it comes within two minutes. */
    @Test
    void repeatsWhatIsAwayEachMinuteHoweverLongAndThenHasAllItsAttempts() {
        AtomicReference<Outcome> how = new AtomicReference<>(Outcome.away("no server"));
        start(nightly(new Retries(3, Duration.ofMinutes(5)), Optional.empty(), run -> how.get()));
        clock.set("2026-11-23T02:00:00Z");
        jobs.tick();
        awaitOutcomes("failure", 1);
        for (int minute = 1; minute <= 90; minute++) {
            clock.tick(Duration.ofMinutes(1));
            jobs.tick();
            awaitOutcomes("failure", minute + 1);
        }
        assertThat(runs).extracting(Run::attempt).containsOnly(1);
        assertThat(ended).noneMatch(JobEnded::isFinal);

        how.set(Outcome.failure("disk full"));
        clock.tick(Duration.ofMinutes(1));
        jobs.tick();
        awaitOutcomes("failure", 92);
        clock.tick(Duration.ofMinutes(4));
        jobs.tick();
        assertThat(runs).hasSize(92);
        clock.tick(Duration.ofMinutes(1));
        jobs.tick();
        awaitOutcomes("failure", 93);
        clock.tick(Duration.ofMinutes(10));
        jobs.tick();
        awaitOutcomes("failure", 94);
        clock.tick(Duration.ofHours(5));
        jobs.tick();

        assertThat(runs).extracting(Run::attempt).endsWith(1, 1, 2, 3);
        assertThat(runs).hasSize(94);
        assertThat(ended.get(93).isFinal()).isTrue();
    }

    @Test
    void aJobThatRepeatsNothingDoesNotRepeatWhatIsAwayEither() {
        start(nightly(Retries.NONE, Optional.empty(), run -> Outcome.away("no server")));
        clock.set("2026-11-23T02:00:00Z");
        jobs.tick();
        awaitOutcomes("failure", 1);
        clock.tick(Duration.ofHours(1));
        jobs.tick();

        assertThat(runs).hasSize(1);
    }

    @Test
    void neverRunsAJobTwiceAtOnceAndSaysSo() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        start(nightly(Retries.NONE, Optional.empty(), run -> {
            goOn.await();
            return Outcome.success("done");
        }));

        CompletableFuture<Outcome> first = jobs.runNow("nightly");
        Outcome second = jobs.runNow("nightly").get(10, TimeUnit.SECONDS);
        assertThat(jobs.status("nightly").running()).isTrue();
        goOn.countDown();

        assertThat(second).isEqualTo(Outcome.skipped("it is already running"));
        assertThat(first.get(10, TimeUnit.SECONDS)).isEqualTo(Outcome.success("done"));
        assertThat(runs).extracting(Run::scheduled).containsExactly(false);
    }

    @Test
    void aSlotThatComesWhileTheJobIsBusyIsStartedAfterIt() {
        CountDownLatch goOn = new CountDownLatch(1);
        start(nightly(Retries.NONE, Optional.empty(), run -> {
            goOn.await();
            return Outcome.success("done");
        }));
        jobs.runNow("nightly");
        await().until(() -> !runs.isEmpty());

        clock.set("2026-11-23T02:00:00Z");
        jobs.tick();
        goOn.countDown();
        awaitOutcomes("success", 1);
        jobs.tick();

        awaitOutcomes("success", 2);
        assertThat(runs).extracting(Run::scheduled).containsExactly(false, true);
    }

    @Test
    void oneHangingJobDelaysNoOtherAndFailsAtItsLimit() {
        Job hanging = new Job("hanging", NIGHTLY, Duration.ofMillis(200), run -> {
            new CountDownLatch(1).await();
            return Outcome.success("never");
        });
        start(hanging, nightly(Retries.NONE, Optional.empty(), run -> Outcome.success("done")));
        clock.set("2026-11-23T02:00:00Z");
        jobs.tick();

        awaitOutcomes("success", 1);
        await().until(() -> jobs.status("hanging").last() != null);
        assertThat(jobs.status("hanging").last().reason()).contains("longer than its limit");
    }

    /** A container has a limit of threads, and Java says by an error that it is reached. */
    @Test
    void aJobWhoseThreadCannotBeMadeIsStartedLaterAndEndsNoOther() {
        ExecutorService full = new ThreadPoolExecutor(0, 1, 1, SECONDS, new SynchronousQueue<>(), work -> {
            throw new OutOfMemoryError("unable to create native thread");
        });
        ScheduledExecutorService watch = Executors.newScheduledThreadPool(1);
        Job nightly = nightly(Retries.NONE, Optional.empty(), run -> Outcome.success("done"));
        ScheduledJob job = new ScheduledJob(
                nightly,
                Duty.ALONE,
                clock,
                new JobMetrics(registry, "nightly"),
                new ScheduledJob.Threads(full, watch),
                ended::add);
        try {
            job.awaitFirstSlot();
            clock.set("2026-11-23T02:00:00Z");
            for (int tick = 0; tick < 2; tick++) {
                assertThatThrownBy(job::startIfDue).hasMessage("unable to create native thread");
                assertThat(job.status().running()).isFalse();
            }
        } finally {
            full.shutdownNow();
            watch.shutdownNow();
        }

        start(nightly);
        broken = new OutOfMemoryError("unable to create native thread");
        clock.set("2026-11-24T02:00:00Z");
        jobs.tick();
        assertThat(runs).isEmpty();
        broken = null;
        jobs.tick();
        awaitOutcomes("success", 1);
    }

    @Test
    void allSeriesExistBeforeTheFirstRun() {
        start(nightly(Retries.NONE, Optional.empty(), run -> Outcome.success("done")));

        for (String outcome : List.of("success", "failure", "skipped")) {
            assertThat(registry.get("sidecar.job.runs")
                            .tags("job_name", "nightly", "outcome", outcome)
                            .counter()
                            .count())
                    .isZero();
        }
        assertThat(gauge("sidecar.job.running")).isZero();
    }

    @Test
    void stoppingInterruptsWhatRuns() {
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        start(nightly(Retries.NONE, Optional.empty(), run -> {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.complete(true);
                throw e;
            }
            return Outcome.success("never");
        }));
        jobs.runNow("nightly");
        await().until(() -> !runs.isEmpty());

        jobs.stop();

        assertThat(interrupted).isCompletedWithValue(true);
    }

    @Test
    void theEndOfEveryRunIsPublishedWithWhatComesNextAndAListenerThatFailsDoesNoHarm() {
        Job.Work failing = run -> {
            throw new IllegalStateException("disk full");
        };
        start(nightly(new Retries(2, Duration.ofMinutes(5)), Optional.empty(), failing));
        clock.set("2026-11-23T02:00:00Z");
        jobs.tick();
        awaitOutcomes("failure", 1);
        clock.tick(Duration.ofMinutes(5));
        jobs.tick();
        awaitOutcomes("failure", 2);

        await().until(() -> ended.size() == 2);
        assertThat(ended).extracting(JobEnded::isFinal).containsExactly(false, true);
        assertThat(ended.get(0).outcome().reason()).isEqualTo("disk full");
        assertThat(ended.get(0).retriedAt()).isEqualTo("2026-11-23T02:05:00Z");
    }

    @Test
    void theEndOfAnAnnouncedJobSaysSo() throws Exception {
        Job quiet = nightly(Retries.NONE, Optional.empty(), run -> Outcome.success("done"));
        start(quiet);
        jobs.runNow("nightly");
        await().until(() -> ended.size() == 1);
        jobs.stop();
        start(quiet.withAnnouncements());
        jobs.runNow("nightly");

        await().until(() -> ended.size() == 2);
        assertThat(ended).extracting(JobEnded::announced).containsExactly(false, true);
    }

    /** A receiver that is away for a day must not fill the list of recent errors with one line a minute. */
    @Test
    void aFrequentJobThatKeepsFailingSaysItOnceUntilTheReasonChanges() {
        List<String> lines = new CopyOnWriteArrayList<>();
        Iterator<Outcome> outcomes = List.of(
                        Outcome.failure("no route to host"),
                        Outcome.failure("no route to host"),
                        Outcome.failure("no route to host"),
                        Outcome.failure("connection refused"),
                        Outcome.success("sent"),
                        Outcome.failure("connection refused"))
                .iterator();
        start(new Job("nightly", Schedule.every(Duration.ofMinutes(1)), LIMIT, run -> outcomes.next()));
        try (ErrorLines ignored = ErrorLines.of(Jobs.class, lines)) {
            for (int run = 1; run <= 6; run++) {
                int ends = run;
                clock.tick(Duration.ofMinutes(1));
                jobs.tick();
                await().until(() ->
                        ended.size() == ends && !jobs.status("nightly").running());
            }
        }

        assertThat(lines)
                .containsExactly(
                        "job nightly failed: no route to host",
                        "job nightly failed: connection refused",
                        "job nightly failed: connection refused");
    }

    /** Who throws, or is interrupted, could not write a line of its own. */
    @Test
    void aJobWithLinesOfItsOwnThatBreaksOrTakesTooLongHasALine() {
        List<String> lines = new CopyOnWriteArrayList<>();
        Iterator<Job.Work> works = List.<Job.Work>of(
                        run -> Outcome.failure("said by the work"),
                        run -> {
                            throw new IllegalStateException("no more threads");
                        },
                        run -> {
                            throw new StackOverflowError();
                        },
                        run -> {
                            throw new OutOfMemoryError("Java heap space");
                        },
                        run -> {
                            new CountDownLatch(1).await();
                            return Outcome.success("never");
                        },
                        run -> {
                            try {
                                new CountDownLatch(1).await();
                            } catch (InterruptedException e) {
                                return Outcome.failure("what the work makes of an interrupt");
                            }
                            return Outcome.success("never");
                        })
                .iterator();
        clock.set("2026-11-23T09:00:00Z");
        start(new Job(
                        "nightly",
                        NIGHTLY,
                        Duration.ofMillis(300),
                        run -> works.next().run(run))
                .withOwnLines());
        try (ErrorLines ignored = ErrorLines.of(Jobs.class, lines)) {
            for (int run = 1; run <= 6; run++) {
                int ends = run;
                jobs.runNow("nightly");
                await().until(() ->
                        ended.size() == ends && !jobs.status("nightly").running());
            }
        }

        assertThat(lines)
                .containsExactly(
                        "job nightly failed: no more threads",
                        "job nightly failed: java.lang.StackOverflowError",
                        "job nightly failed: Java heap space",
                        "job nightly failed: it took longer than its limit of 300 ms",
                        "job nightly failed: it took longer than its limit of 300 ms");
    }

    @Test
    void eachNightThatAJobFailsIsALineOfItsOwn() {
        List<String> lines = new CopyOnWriteArrayList<>();
        start(nightly(Retries.NONE, Optional.empty(), run -> Outcome.failure("disk full")));
        try (ErrorLines ignored = ErrorLines.of(Jobs.class, lines)) {
            clock.set("2026-11-23T02:00:00Z");
            jobs.tick();
            awaitOutcomes("failure", 1);
            clock.set("2026-11-24T02:00:00Z");
            jobs.tick();
            awaitOutcomes("failure", 2);
        }

        assertThat(lines).containsExactly("job nightly failed: disk full", "job nightly failed: disk full");
    }

    @Test
    void anUnknownNameIsAnsweredWithTheKnownOnes() {
        start(nightly(Retries.NONE, Optional.empty(), run -> Outcome.success("done")));

        assertThatThrownBy(() -> jobs.runNow("nigthly")).hasMessage("There is no job 'nigthly'; there are [nightly].");
    }

    private Job nightly(Retries retries, Optional<Instant> lastDone, Job.Work work) {
        return new Job("nightly", NIGHTLY, LIMIT, retries, () -> lastDone, run -> {
            runs.add(run);
            return work.run(run);
        });
    }

    @Test
    void whileAnotherSidecarIsOnDutyARunIsSkippedAndWhatThatOneLeftUndoneIsCaughtUp() {
        AtomicReference<Instant> done = new AtomicReference<>(Instant.parse("2026-11-22T02:00:00Z"));
        duty = OTHER;
        start(new Job("nightly", NIGHTLY, LIMIT, Retries.NONE, () -> Optional.of(done.get()), run -> {
                    runs.add(run);
                    return Outcome.success("done");
                })
                .onDuty());
        clock.set("2026-11-23T02:00:00Z");
        jobs.tick();
        awaitOutcomes("skipped", 1);
        assertThat(ended.get(0).outcome().reason()).isEqualTo("another sidecar, two, is on duty");

        done.set(Instant.parse("2026-11-23T02:00:00Z"));
        duty = ON_DUTY;
        clock.tick(Duration.ofMinutes(1));
        jobs.tick();
        assertThat(runs).as("the other one has done it").isEmpty();

        duty = OTHER;
        clock.set("2026-11-24T02:00:00Z");
        jobs.tick();
        awaitOutcomes("skipped", 2);
        duty = ON_DUTY;
        clock.tick(Duration.ofMinutes(5));
        jobs.tick();
        awaitOutcomes("success", 1);
        assertThat(runs).extracting(Run::slot).containsExactly(Instant.parse("2026-11-24T02:00:00Z"));
    }

    /** A server that does not answer keeps whoever asks waiting. */
    @Test
    void whatEachSidecarDoesAsksNobody() {
        start(nightly(Retries.NONE, Optional.empty(), run -> Outcome.success("done")));
        int atStart = asked.get();
        clock.set("2026-11-23T02:00:00Z");
        jobs.tick();

        awaitOutcomes("success", 1);
        assertThat(asked).hasValue(atStart);
    }

    @Test
    void whoCannotTellWhoIsOnDutyWorksAsIfAloneExceptForWhatPeopleWouldGetTwice() {
        duty = UNKNOWN;
        start(nightly(Retries.NONE, Optional.empty(), run -> Outcome.success("done"))
                .onDuty());
        clock.set("2026-11-23T02:00:00Z");
        jobs.tick();
        awaitOutcomes("success", 1);
        jobs.stop();

        List<String> left = new CopyOnWriteArrayList<>();
        start(new Job("told", NIGHTLY, LIMIT, run -> Outcome.success("told")).onDuty(new Job.Sharing(true, why -> {
            left.add(why);
            return Outcome.skipped(why);
        })));
        clock.set("2026-11-24T02:00:00Z");
        jobs.tick();
        await().untilAsserted(() -> assertThat(left).containsExactly("PostgreSQL does not tell"));

        assertThat(jobs.runNow("told"))
                .as("a person asks")
                .succeedsWithin(LIMIT)
                .isEqualTo(Outcome.success("told"));
    }

    private void start(Job... declared) {
        Duty told = new Duty() {
            @Override
            public State ask() {
                asked.incrementAndGet();
                return duty;
            }

            @Override
            public State last() {
                Error fault = broken;
                if (fault != null) {
                    throw fault;
                }
                return duty;
            }
        };
        jobs = new Jobs(List.of(declared), told, clock, registry, end -> {
            ended.add(end);
            throw new IllegalStateException("a listener that fails");
        });
        jobs.start();
    }

    private void awaitOutcomes(String outcome, int count) {
        await().untilAsserted(() -> assertThat(registry.get("sidecar.job.runs")
                        .tags("job_name", "nightly", "outcome", outcome)
                        .counter()
                        .count())
                .isEqualTo(count));
        await().until(() -> !jobs.status("nightly").running());
    }

    private double gauge(String name) {
        return registry.get(name).tag("job_name", "nightly").gauge().value();
    }
}
