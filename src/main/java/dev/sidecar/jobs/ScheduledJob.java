package dev.sidecar.jobs;

import dev.sidecar.jobs.Job.Run;
import dev.sidecar.jobs.Job.Sharing;
import dev.sidecar.jobs.Outcome.Result;
import dev.sidecar.text.Durations;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps one job's place in time: the last slot taken, the current run, the time of the next retry. */
final class ScheduledJob {

    private static final Logger log = LoggerFactory.getLogger(Jobs.class);

    /** A clock that is set back by less gives no slot twice. */
    private static final Duration WRONG = Duration.ofDays(1);

    private static final Duration FREQUENT = Duration.ofMinutes(10);

    private final Job job;
    private final Duty duty;
    private final Clock clock;
    private final JobMetrics metrics;
    private final ExecutorService runners;
    private final ScheduledExecutorService watch;
    private final Consumer<JobEnded> listener;
    private final AtomicBoolean busy = new AtomicBoolean();

    private Instant lastTaken = Instant.MIN;
    private @Nullable Run retry;
    private Instant retryAt = Instant.MAX;
    private boolean left;
    private volatile @Nullable Outcome last;

    ScheduledJob(Job job, Duty duty, Clock clock, JobMetrics metrics, Threads threads, Consumer<JobEnded> listener) {
        this.job = job;
        this.duty = duty;
        this.clock = clock;
        this.metrics = metrics;
        this.runners = threads.runners();
        this.watch = threads.watch();
        this.listener = listener;
    }

    /** The threads that run jobs, and the one that interrupts runs that take too long. */
    record Threads(ExecutorService runners, ScheduledExecutorService watch) {}

    String name() {
        return job.name();
    }

    synchronized void awaitFirstSlot() {
        Optional<Instant> done = lastDone();
        done.ifPresent(metrics::succeededAt);
        lastTaken = done.orElseGet(clock::instant);
        publishNext();
    }

    private Optional<Instant> lastDone() {
        try {
            return job.lastDone().get();
        } catch (RuntimeException e) {
            log.atWarn()
                    .addKeyValue("job", job.name())
                    .setCause(e)
                    .log("cannot determine the last completed slot; a slot missed during downtime is not caught up");
            return Optional.empty();
        }
    }

    synchronized void startIfDue() {
        boolean leaves = job.sharing().waits(duty.last());
        if (left && !leaves) {
            // What the other one has left undone is due.
            awaitFirstSlot();
        }
        left = leaves;
        Instant now = clock.instant();
        if (lastTaken.isAfter(now.plus(WRONG))) {
            // The clock was far ahead for a while. Until it is there again nothing would be due.
            log.atWarn()
                    .addKeyValue("job", job.name())
                    .log("the last slot taken, {}, is still to come: the clock was set back", lastTaken);
            lastTaken = now;
            forgetRetry();
        }
        Optional<Instant> newest = job.schedule().latest(now).filter(slot -> slot.isAfter(lastTaken));
        if (newest.isPresent()) {
            // Take the slot only when the run starts: a slot that comes while the job is busy starts right after it.
            if (start(new Run(newest.get(), true, 1), new CompletableFuture<>())) {
                lastTaken = newest.get();
                forgetRetry();
                publishNext();
            }
        } else if (retry != null && !now.isBefore(retryAt)) {
            Run again = retry;
            if (start(again, new CompletableFuture<>())) {
                forgetRetry();
            }
        }
    }

    CompletableFuture<Outcome> runNow() {
        CompletableFuture<Outcome> ended = new CompletableFuture<>();
        if (!start(new Run(clock.instant(), false, 1), ended)) {
            ended.complete(Outcome.skipped("it is already running"));
        }
        return ended;
    }

    JobStatus status() {
        return new JobStatus(busy.get(), last);
    }

    private boolean start(Run run, CompletableFuture<Outcome> ended) {
        if (!busy.compareAndSet(false, true)) {
            return false;
        }
        metrics.started();
        try {
            runners.execute(() -> {
                Outcome outcome = runLimited(run);
                busy.set(false);
                ended.complete(outcome);
            });
        } catch (RuntimeException | Error e) {
            busy.set(false);
            throw e;
        }
        return true;
    }

    private Outcome runLimited(Run run) {
        long began = System.nanoTime();
        Thread runner = Thread.currentThread();
        AtomicBoolean overdue = new AtomicBoolean();
        ScheduledFuture<?> alarm = watch.schedule(
                () -> {
                    overdue.set(true);
                    runner.interrupt();
                },
                job.limit().toMillis(),
                TimeUnit.MILLISECONDS);
        End end = runCaught(run);
        alarm.cancel(false);
        if (overdue.get() && end.outcome().result() == Result.FAILURE) {
            end = End.broken("it took longer than its limit of " + Durations.of(job.limit()));
        }
        publish(ended(run, end, Duration.ofNanos(System.nanoTime() - began)));
        return end.outcome();
    }

    /** @param returned whether the work came to its end, and could log how it ended */
    private record End(Outcome outcome, boolean returned) {
        private static End broken(String reason) {
            return new End(Outcome.failure(reason), false);
        }
    }

    private End runCaught(Run run) {
        try {
            // Asking takes time where the server does not answer; what each sidecar does needs no answer.
            Duty.State onDuty = run.scheduled() && job.sharing() != Sharing.EACH ? duty.ask() : duty.last();
            return new End(
                    run.scheduled() && job.sharing().waits(onDuty)
                            ? job.sharing().instead().apply(onDuty.why())
                            : job.work().run(run),
                    true);
        } catch (InterruptedException e) {
            return End.broken("it was interrupted");
        } catch (Exception | Error e) {
            log.atDebug().addKeyValue("job", job.name()).setCause(e).log("job failed with this exception");
            return End.broken(e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private synchronized JobEnded ended(Run run, End end, Duration took) {
        Instant now = clock.instant();
        Outcome outcome = end.outcome();
        boolean routine = isRoutine(end, now);
        last = outcome;
        metrics.ended(outcome, now, took);
        String next = "";
        Instant again = Instant.MAX;
        Optional<Run> following =
                outcome.result() == Result.FAILURE ? job.retries().after(run, outcome) : Optional.empty();
        if (following.isPresent()) {
            retry = following.get();
            retryAt = now.plus(job.retries().delayAfter(run.attempt(), outcome));
            again = retryAt;
            next = " Next attempt at %s.".formatted(retryAt);
        }
        var line = routine ? log.atDebug() : outcome.result() == Result.FAILURE ? log.atError() : log.atInfo();
        line.addKeyValue("job", job.name())
                .addKeyValue("outcome", outcome.result().label())
                .addKeyValue("duration_ms", took.toMillis())
                .log(
                        "job {} {}: {}{}{}",
                        job.name(),
                        verb(outcome.result()),
                        outcome.reason(),
                        next.isEmpty() || outcome.reason().endsWith(".") ? "" : ".",
                        next);
        return new JobEnded(job.name(), outcome, now, took, again, job.announced());
    }

    /** Runs outside the lock. A listener's failure is not the job's failure. */
    private void publish(JobEnded ended) {
        try {
            listener.accept(ended);
        } catch (RuntimeException e) {
            log.atWarn()
                    .addKeyValue("job", job.name())
                    .setCause(e)
                    .log("a listener for the end of the job failed; the job itself is not affected");
        }
    }

    /** A frequent job that ends as before is not worth a line each time, and neither is a failure that is known already. */
    private boolean isRoutine(End end, Instant now) {
        Outcome before = last;
        Outcome outcome = end.outcome();
        return job.ownLines() && end.returned()
                || before != null
                        && before.result() == outcome.result()
                        && (outcome.result() != Result.FAILURE
                                || before.reason().equals(outcome.reason()))
                        && (outcome.away()
                                || job.schedule()
                                        .next(now)
                                        .filter(next -> next.isBefore(now.plus(FREQUENT)))
                                        .isPresent());
    }

    private static String verb(Result result) {
        return switch (result) {
            case SUCCESS -> "succeeded";
            case FAILURE -> "failed";
            case SKIPPED -> "was skipped";
        };
    }

    private void forgetRetry() {
        retry = null;
        retryAt = Instant.MAX;
    }

    private void publishNext() {
        metrics.dueAt(job.schedule().next(clock.instant()).orElse(null));
    }
}
