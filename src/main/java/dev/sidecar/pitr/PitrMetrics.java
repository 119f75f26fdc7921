package dev.sidecar.pitr;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Publishes what is known of point-in-time recovery, where it is on. All series exist from the start; a time is 0 until it is known. */
final class PitrMetrics {

    private static final double MILLIS = 1_000.0;

    private final MeterRegistry registry;
    private final Map<PhysicalSet.Type, Instant> sets = new ConcurrentHashMap<>();
    private volatile @Nullable PitrState state;
    private volatile @Nullable RecoveryResult held;

    PitrMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    void register(PitrProperties settings) {
        Map<String, Duration> limits = Map.of(
                "rpo", settings.rpo(), "rto", settings.rto(), "full", settings.fullAge(), "set", settings.setAge());
        limits.forEach((of, limit) -> gauge(
                "sidecar.pitr.limit",
                "How old the newest archived WAL, full set, or set or drill may be, and how long a recovery may take",
                "seconds",
                Tags.of("of", of),
                self -> limit.toMillis() / MILLIS));
        for (PhysicalSet.Type type : PhysicalSet.Type.values()) {
            gauge(
                    "sidecar.pitr.set.timestamp",
                    "When the newest physical set of the type was complete, 0 if there is none",
                    "seconds",
                    Tags.of("type", type.label()),
                    self -> seconds(Optional.ofNullable(sets.get(type))));
        }
        registerState();
        registerDrill();
    }

    private void registerState() {
        ofState(
                "sidecar.pitr.archived.timestamp",
                "When the newest WAL was archived, 0 if none was",
                "seconds",
                known -> seconds(known.archived()));
        ofState(
                "sidecar.pitr.archive.failures",
                "Failures of archiving since it last succeeded",
                null,
                PitrState::failures);
        ofState(
                "sidecar.pitr.gaps",
                "Gaps in the archived WAL",
                null,
                known -> known.gaps().size());
        ofState("sidecar.pitr.wal", "Size of the server's pg_wal", "bytes", PitrState::walBytes);
        ofState("sidecar.pitr.repository", "Size of physical sets and WAL", "bytes", PitrState::repositoryBytes);
        ofState(
                "sidecar.pitr.repository.free",
                "Bytes left for the repository, -1 if that is not known",
                "bytes",
                PitrState::freeBytes);
        ofState(
                "sidecar.pitr.window.start.timestamp",
                "First moment that can be recovered without a gap to the newest, 0 if there is none",
                "seconds",
                known -> seconds(last(known).map(Span::from)));
        ofState(
                "sidecar.pitr.window.end.timestamp",
                "Last moment that can be recovered, 0 if there is none",
                "seconds",
                known -> seconds(last(known).map(Span::to)));
    }

    private void registerDrill() {
        gauge(
                "sidecar.pitr.drill.success.timestamp",
                "When a drill of a recovery last held, 0 if never",
                "seconds",
                Tags.empty(),
                self -> seconds(Optional.ofNullable(held).map(RecoveryResult::at)));
        gauge(
                "sidecar.pitr.drill.rpo",
                "Age of the newest archived WAL when the last drill that held began",
                "seconds",
                Tags.empty(),
                self -> Optional.ofNullable(held)
                        .map(drill -> drill.rpo().toMillis() / MILLIS)
                        .orElse(0.0));
        gauge(
                "sidecar.pitr.drill.rto",
                "Time of the recovery in the last drill that held",
                "seconds",
                Tags.empty(),
                self -> Optional.ofNullable(held)
                        .map(drill -> drill.rto().toMillis() / MILLIS)
                        .orElse(0.0));
    }

    private static Optional<Span> last(PitrState state) {
        return state.spans().isEmpty()
                ? Optional.empty()
                : Optional.of(state.spans().get(state.spans().size() - 1));
    }

    private static double seconds(Optional<Instant> at) {
        return at.map(Instant::getEpochSecond).orElse(0L);
    }

    private void ofState(String name, String description, @Nullable String unit, ToDoubleFunction<PitrState> value) {
        gauge(name, description, unit, Tags.empty(), self -> {
            PitrState known = state;
            return known == null ? 0 : value.applyAsDouble(known);
        });
    }

    private void gauge(
            String name, String description, @Nullable String unit, Tags tags, ToDoubleFunction<PitrMetrics> value) {
        Gauge.builder(name, this, value)
                .description(description)
                .baseUnit(unit)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    void update(PitrState known, Optional<RecoveryResult> lastHeld) {
        for (PhysicalSet.Type type : PhysicalSet.Type.values()) {
            known.newest(type).ifPresentOrElse(set -> sets.put(type, set.stopped()), () -> sets.remove(type));
        }
        state = known;
        held = lastHeld.orElse(null);
    }
}
