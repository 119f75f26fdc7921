package dev.sidecar.relay;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;

/** Counts what hosts push and what is wrong with it. A host's series begin when it is added and end when its token is revoked. */
final class RelayMetrics {

    /** Of whom nobody knows who it is. */
    static final String NOBODY = "";

    private final MeterRegistry registry;
    private final boolean takesLines;
    private final Map<String, List<Meter>> meters = new ConcurrentHashMap<>();

    /** @param takesLines whether there is a Loki: without one no host is late with its log lines */
    RelayMetrics(MeterRegistry registry, boolean takesLines) {
        this.registry = registry;
        this.takesLines = takesLines;
        for (Trouble trouble : Trouble.values()) {
            troubles(NOBODY, trouble);
        }
    }

    void began(Guest guest) {
        List<Meter> its = new ArrayList<>();
        its.add(lastPush(guest, "metrics", one -> one.lastSamples));
        if (takesLines) {
            its.add(lastPush(guest, "logs", one -> one.lastLines));
        }
        its.add(Gauge.builder("sidecar.relay.clock.offset", guest, one -> one.clockOffset)
                .baseUnit("seconds")
                .description(
                        "How far the newest sample of this host's last push was ahead of our clock; below 0 behind it")
                .tag("satellite", guest.name())
                .register(registry));
        for (Trouble trouble : Trouble.values()) {
            its.add(troubles(guest.name(), trouble));
        }
        its.add(accepted(guest.name(), "metrics"));
        its.add(accepted(guest.name(), "logs"));
        its.add(unwanted(guest.name()));
        meters.put(guest.name(), its);
    }

    private Gauge lastPush(Guest guest, String kind, ToDoubleFunction<Guest> when) {
        return Gauge.builder("sidecar.relay.last.push.timestamp", guest, when)
                .baseUnit("seconds")
                .description("When this host last pushed; when it was added, or the relay began, before the first time")
                .tag("satellite", guest.name())
                .tag("kind", kind)
                .register(registry);
    }

    void ended(Guest guest) {
        List<Meter> its = meters.remove(guest.name());
        if (its != null) {
            its.forEach(registry::remove);
        }
    }

    void trouble(String satellite, Trouble trouble, int more) {
        troubles(satellite, trouble).increment(more);
    }

    void passed(Guest guest, String kind, Cleaned cleaned) {
        accepted(guest.name(), kind).increment(cleaned.accepted());
        unwanted(guest.name()).increment(cleaned.unwanted());
    }

    private Counter troubles(String satellite, Trouble trouble) {
        return Counter.builder("sidecar.relay.troubles")
                .description(
                        "Samples, lines or whole pushes that were not taken, or should not have come, by the reason")
                .tag("satellite", satellite)
                .tag("reason", trouble.label())
                .register(registry);
    }

    private Counter accepted(String satellite, String kind) {
        return Counter.builder("sidecar.relay.accepted")
                .description("Samples and log lines passed on")
                .tag("satellite", satellite)
                .tag("kind", kind)
                .register(registry);
    }

    private Counter unwanted(String satellite) {
        return Counter.builder("sidecar.relay.unwanted")
                .description("Samples left out because no other host may push such a metric")
                .tag("satellite", satellite)
                .register(registry);
    }
}
