package dev.sidecar.requests;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;

/** The requests of one plane: counts, measures and logs each of them once. Safe for use by many threads; never blocks. */
public final class Requests {

    private final RequestMetrics metrics;
    private final RequestLog log = new RequestLog();

    /**
     * @param plane what the meters' names begin with, such as {@code sidecar.gateway}
     * @param tags labels that all its meters carry
     */
    public Requests(MeterRegistry registry, String plane, Tags tags) {
        this.metrics = new RequestMetrics(registry, plane, tags);
    }

    /** A request came in; exactly one {@link #ended} must follow. */
    public void started() {
        metrics.started();
    }

    /** @param route a template out of a bounded set, see {@link Routes} */
    public void ended(Call call, String route, Answer answer) {
        metrics.ended(call.method(), route, answer);
        log.served(call, route, answer);
    }

    /** The buckets of every histogram of durations, so that the time of a request and the upstream's part in it can be compared. */
    public static Duration[] durationBuckets() {
        return new Duration[] {
            Duration.ofMillis(5),
            Duration.ofMillis(10),
            Duration.ofMillis(25),
            Duration.ofMillis(50),
            Duration.ofMillis(100),
            Duration.ofMillis(250),
            Duration.ofMillis(500),
            Duration.ofSeconds(1),
            Duration.ofMillis(2500),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10)
        };
    }
}
