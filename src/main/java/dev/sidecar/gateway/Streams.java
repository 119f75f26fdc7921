package dev.sidecar.gateway;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Measures the lives of answers that go on for as long as somebody likes, which say nothing about how fast the API is. */
final class Streams {

    /** The kind of stream. */
    enum Kind {
        /** Another protocol, such as a WebSocket. */
        TUNNEL,
        /** Server-sent events. */
        EVENTS;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final AtomicInteger open = new AtomicInteger();
    private final Timer lives;
    private final Counter in;
    private final Counter out;

    Streams(MeterRegistry registry, Tags tags, Kind kind) {
        Tags ofKind = tags.and("kind", kind.label());
        Gauge.builder("sidecar.gateway.streams.open", open, AtomicInteger::get)
                .description("Tunnels and event streams that are open")
                .tags(ofKind)
                .register(registry);
        lives = Timer.builder("sidecar.gateway.streams")
                .description("Lives of tunnels and event streams")
                .tags(ofKind)
                .serviceLevelObjectives(
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(10),
                        Duration.ofMinutes(1),
                        Duration.ofMinutes(10),
                        Duration.ofHours(1),
                        Duration.ofHours(8))
                .register(registry);
        in = bytes(registry, ofKind.and("direction", "in"));
        out = bytes(registry, ofKind.and("direction", "out"));
    }

    private static Counter bytes(MeterRegistry registry, Tags tags) {
        return Counter.builder("sidecar.gateway.streams.transferred")
                .description("Bytes of tunnels and event streams that ended")
                .baseUnit("bytes")
                .tags(tags)
                .register(registry);
    }

    void opened() {
        open.incrementAndGet();
    }

    void closed(long nanos, long bytesIn, long bytesOut) {
        open.decrementAndGet();
        lives.record(nanos, TimeUnit.NANOSECONDS);
        in.increment(bytesIn);
        out.increment(bytesOut);
    }
}
