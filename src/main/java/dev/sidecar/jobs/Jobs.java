package dev.sidecar.jobs;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Runs the jobs of all features when they are due. Each job has at most one run at a time and never waits for another job.
 *
 * <p>Once a second it compares the wall clock with each job's next slot. So after a suspended machine, a clock that jumps or a process
 * that was down, each job catches up at most one slot, the newest; and a clock that jumps back never gives a slot twice.
 */
public final class Jobs implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(Jobs.class);
    private static final Duration SHUTDOWN_LIMIT = Duration.ofSeconds(8);

    private final Map<String, ScheduledJob> jobs = new LinkedHashMap<>();
    private final ExecutorService runners = Executors.newCachedThreadPool(new NamedThreads("job"));
    private final ScheduledExecutorService watch = Executors.newScheduledThreadPool(1, new NamedThreads("job-watch"));
    private final Duty duty;
    private volatile boolean running;

    Jobs(Collection<Job> declared, Duty duty, Clock clock, MeterRegistry registry, Consumer<JobEnded> listener) {
        this.duty = duty;
        ScheduledJob.Threads threads = new ScheduledJob.Threads(runners, watch);
        for (Job job : declared) {
            ScheduledJob previous = jobs.put(
                    job.name(),
                    new ScheduledJob(job, duty, clock, new JobMetrics(registry, job.name()), threads, listener));
            if (previous != null) {
                throw new IllegalStateException("two jobs have the name " + job.name());
            }
        }
    }

    /** Tells where a job stands now. @throws IllegalArgumentException if there is no such job */
    public JobStatus status(String name) {
        return job(name).status();
    }

    /**
     * Runs a job now, outside its schedule, on a thread of its own.
     *
     * @return how it ended; {@code SKIPPED} at once if it is already running
     * @throws IllegalArgumentException if there is no such job
     */
    public CompletableFuture<Outcome> runNow(String name) {
        return job(name).runNow();
    }

    private ScheduledJob job(String name) {
        ScheduledJob job = jobs.get(name);
        if (job == null) {
            throw new IllegalArgumentException("There is no job '%s'; there are %s.".formatted(name, jobs.keySet()));
        }
        return job;
    }

    /** Starts the jobs that are due by the clock. */
    void tick() {
        for (ScheduledJob job : jobs.values()) {
            if (runners.isShutdown()) {
                return;
            }
            try {
                job.startIfDue();
            } catch (RuntimeException | Error e) {
                // An error, such as a thread that cannot be made, would end this watch, and with it all jobs.
                if (runners.isShutdown()) {
                    return;
                }
                log.atError()
                        .addKeyValue("job", job.name())
                        .setCause(e)
                        .log("cannot start the job; trying again in a second");
            }
        }
    }

    @Override
    public void start() {
        running = true;
        duty.ask();
        jobs.values().forEach(ScheduledJob::awaitFirstSlot);
        watch.scheduleWithFixedDelay(this::tick, 0, 1, TimeUnit.SECONDS);
    }

    /** Interrupts running jobs and waits some seconds for them, so that they stop their child processes and remove partial files. */
    @Override
    public void stop() {
        running = false;
        watch.shutdownNow();
        runners.shutdownNow();
        try {
            if (!runners.awaitTermination(SHUTDOWN_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                log.warn("a job did not stop in time; it ends with the process");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
