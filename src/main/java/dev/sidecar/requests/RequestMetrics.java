package dev.sidecar.requests;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Measures rate, errors and duration of one plane's requests. Every label has a bounded set of values, whatever clients send. */
final class RequestMetrics {

    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE");

    private final MeterRegistry registry;
    private final String plane;
    private final Tags tags;
    private final boolean tellsAskers;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final Map<Series, Timer> timers = new ConcurrentHashMap<>();
    private final DistributionSummary requestBytes;
    private final DistributionSummary responseBytes;

    RequestMetrics(MeterRegistry registry, String plane, Tags tags, boolean tellsAskers) {
        this.tellsAskers = tellsAskers;
        this.registry = registry;
        this.plane = plane;
        this.tags = tags;
        this.requestBytes = size("request", "Size of the bodies of requests");
        this.responseBytes = size("response", "Size of the bodies of answers");
        Gauge.builder(plane + ".requests.in.flight", inFlight, AtomicInteger::get)
                .description("Requests that are being answered")
                .tags(tags)
                .register(registry);
        // The histogram exists from the start, so that rules and panels find it before the first request.
        timer(new Series("GET", Routes.OTHER, "2xx", tellsAskers ? Asker.USER : null));
    }

    void started() {
        inFlight.incrementAndGet();
    }

    void ended(String method, String route, Asker asker, Answer answer) {
        inFlight.decrementAndGet();
        Series series = new Series(
                METHODS.contains(method) ? method : "OTHER",
                route,
                status(answer.status()),
                tellsAskers ? counted(asker, answer.status()) : null);
        timer(series).record(answer.latencyNanos(), TimeUnit.NANOSECONDS);
        requestBytes.record(answer.bytesIn());
        responseBytes.record(answer.bytesOut());
    }

    /** Alerts about guessed passwords and floods watch users: whoever calls himself a probe while he tries would hide from them. */
    private static Asker counted(Asker asker, int status) {
        return status == 401 || status == 403 || status == 429 ? Asker.USER : asker;
    }

    /** Keeps the statuses that alert rules read apart, and groups all others by class. */
    static String status(int status) {
        return switch (status) {
            case 401 -> "401";
            case 403 -> "403";
            case 404 -> "404";
            case 429 -> "429";
            case 502 -> "502";
            case 503 -> "503";
            case 504 -> "504";
            default ->
                switch (status / 100) {
                    case 1 -> "1xx";
                    case 2 -> "2xx";
                    case 3 -> "3xx";
                    case 4 -> "4xx";
                    default -> "5xx";
                };
        };
    }

    private Timer timer(Series series) {
        Timer known = timers.get(series);
        return known != null ? known : timers.computeIfAbsent(series, this::register);
    }

    private Timer register(Series series) {
        return Timer.builder(plane + ".requests")
                .description("Requests, by the time from their head to the head of their answer")
                .tags(series.asker == null ? tags : tags.and("client", series.asker.label()))
                .tags("method", series.method, "route", series.route, "status", series.status)
                .serviceLevelObjectives(Requests.durationBuckets())
                .register(registry);
    }

    private DistributionSummary size(String what, String description) {
        return DistributionSummary.builder(plane + "." + what)
                .description(description)
                .baseUnit("bytes")
                .tags(tags)
                .register(registry);
    }

    private record Series(
            String method,
            String route,
            String status,
            @Nullable Asker asker) {}
}
