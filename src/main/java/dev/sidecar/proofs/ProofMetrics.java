package dev.sidecar.proofs;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;

/** Exports the state of each proof. Before its first drill a proof is neither held nor broken: its gauges are NaN. */
final class ProofMetrics {

    private static final String APPLICABLE = "1 if what the drill needs is configured, 0 if not, or if it is left out";

    private final MeterRegistry registry;
    private final Function<String, Optional<Drill>> last;
    private final Map<String, Double> lastHeld = new ConcurrentHashMap<>();

    /**
     * @param last finds the last drill of a proof, as it counts now
     * @param report makes the report of now
     */
    ProofMetrics(
            MeterRegistry registry,
            Iterable<Claim> claims,
            List<LeftOut> leftOut,
            Function<String, Optional<Drill>> last,
            Supplier<Report> report) {
        this.registry = registry;
        this.last = last;
        claims.forEach(this::register);
        leftOut.forEach(out -> gauge("sidecar.proof.applicable", "", APPLICABLE, tags(out.claim()), () -> 0));
        for (ProofState state : ProofState.values()) {
            gauge(
                    "sidecar.proofs",
                    "",
                    "Proofs by how they stand",
                    Tags.of("state", state.label()),
                    () -> report.get().count(state));
        }
        gauge(
                "sidecar.readiness",
                "ratio",
                "Share of all proofs that hold; 1 only if every proof does",
                Tags.empty(),
                () -> {
                    Report now = report.get();
                    return now.total() == 0 ? 0 : (double) now.count(ProofState.HELD) / now.total();
                });
    }

    private void register(Claim claim) {
        Tags tags = tags(claim);
        gauge("sidecar.proof.held", "", "1 if the last drill held, 0 if it was broken", tags, () -> {
            // An inconclusive drill is neither held nor broken; if that lasts, the age of the last held drill shows it.
            Verdict verdict = last.apply(claim.id()).map(Drill::verdict).orElse(Verdict.INCONCLUSIVE);
            return verdict == Verdict.INCONCLUSIVE ? Double.NaN : verdict == Verdict.HELD ? 1 : 0;
        });
        gauge("sidecar.proof.applicable", "", APPLICABLE, tags, () -> {
            return last.apply(claim.id())
                    .map(drill -> drill.finding().applicable() ? 1.0 : 0.0)
                    .orElse(Double.NaN);
        });
        gauge(
                "sidecar.proof.last.held.timestamp",
                "seconds",
                "When a drill last held, 0 if never",
                tags,
                () -> lastHeld.getOrDefault(claim.id(), 0.0));
        gauge("sidecar.proof.interval", "seconds", "How often it is drilled", tags, () ->
                (double) claim.interval().toSeconds());
        gauge("sidecar.proof.duration", "seconds", "How long the last drill took", tags, () -> {
            return last.apply(claim.id())
                    .map(drill -> drill.took().toMillis() / 1000.0)
                    .orElse(Double.NaN);
        });
    }

    private static Tags tags(Claim claim) {
        return Tags.of("proof", claim.id(), "area", claim.area().name().toLowerCase(Locale.ROOT));
    }

    private void gauge(String name, String unit, String description, Tags tags, Supplier<Number> value) {
        Gauge.builder(name, value)
                .description(description)
                .baseUnit(unit.isEmpty() ? null : unit)
                .tags(tags)
                .register(registry);
    }

    void drilled(Drill drill) {
        if (drill.verdict() == Verdict.HELD) {
            lastHeld.put(drill.claim().id(), drill.when().toEpochMilli() / 1000.0);
        }
    }
}
