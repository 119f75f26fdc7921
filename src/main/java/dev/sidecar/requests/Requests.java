package dev.sidecar.requests;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;

/** Counts, measures and logs each request of one plane once. Many threads may use it; it never blocks. */
public final class Requests {

    private final RequestMetrics metrics;
    private final RequestLog log = new RequestLog();

    /**
     * Registers the meters of one plane.
     *
     * @param plane prefix of the meters' names, such as {@code sidecar.gateway}
     * @param tags labels that all its meters carry
     */
    public Requests(MeterRegistry registry, String plane, Tags tags) {
        this(registry, plane, tags, false);
    }

    /** The same; with a label {@code client} that tells users from probes and drills if the last is true. */
    public Requests(MeterRegistry registry, String plane, Tags tags, boolean tellsAskers) {
        this.metrics = new RequestMetrics(registry, plane, tags, tellsAskers);
    }

    /** Notes that a request came in; exactly one {@link #ended} must follow. */
    public void started() {
        metrics.started();
    }

    /** Counts, measures and logs a request that ended. @param route a template out of a bounded set, see {@link Routes} */
    public void ended(Call call, String route, Answer answer) {
        ended(call, route, Asker.USER, answer);
    }

    /** The same for a plane that tells who asks. */
    public void ended(Call call, String route, Asker asker, Answer answer) {
        Exemplars.during(call.trace(), () -> metrics.ended(call.method(), route, asker, answer));
        log.served(call, route, answer);
    }

    /** The buckets that all histograms of durations share, so that you can compare a request's time with the upstream's part of it. */
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
