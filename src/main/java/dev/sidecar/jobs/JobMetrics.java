package dev.sidecar.jobs;

import dev.sidecar.jobs.Outcome.Result;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Keeps the meters of one job. The label is {@code job_name}, as Prometheus keeps {@code job} for itself. */
final class JobMetrics {

    private final Map<Result, Counter> runs = new EnumMap<>(Result.class);
    private volatile double lastSuccess;
    private volatile double nextRun;
    private volatile double duration;
    private volatile double running;

    JobMetrics(MeterRegistry registry, String job) {
        Tags tags = Tags.of("job_name", job);
        for (Result result : Result.values()) {
            runs.put(
                    result,
                    Counter.builder("sidecar.job.runs")
                            .description("Runs of a job by how they ended")
                            .tags(tags.and("outcome", result.label()))
                            .register(registry));
        }
        gauge(
                registry,
                "sidecar.job.last.success.timestamp",
                "When the job last succeeded, 0 before the first time",
                tags,
                () -> lastSuccess);
        gauge(registry, "sidecar.job.next.run.timestamp", "When the job is due next, 0 if never", tags, () -> nextRun);
        gauge(registry, "sidecar.job.duration", "How long the last run took", tags, () -> duration);
        Gauge.builder("sidecar.job.running", () -> running)
                .description("1 while the job runs")
                .tags(tags)
                .register(registry);
    }

    private static void gauge(
            MeterRegistry registry,
            String name,
            String description,
            Tags tags,
            java.util.function.Supplier<Number> value) {
        Gauge.builder(name, value)
                .description(description)
                .baseUnit("seconds")
                .tags(tags)
                .register(registry);
    }

    void started() {
        running = 1;
    }

    void ended(Outcome outcome, Instant when, Duration took) {
        running = 0;
        duration = took.toMillis() / 1000.0;
        Objects.requireNonNull(runs.get(outcome.result())).increment();
        if (outcome.result() == Result.SUCCESS) {
            succeededAt(when);
        }
    }

    void succeededAt(Instant when) {
        lastSuccess = when.toEpochMilli() / 1000.0;
    }

    void dueAt(@Nullable Instant when) {
        nextRun = when == null ? 0 : when.toEpochMilli() / 1000.0;
    }
}
