package dev.sidecar.backup;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.CheckResult;
import dev.sidecar.sets.Generation;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.RefusedSet;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.stores.Store;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the metrics of backups by database and generation. All series of a database exist as soon as it is known. A time is 0 until the
 * event happens; an outcome is absent (NaN) until there is one, as 0 would mean "failed".
 */
final class BackupMetrics {

    private final MeterRegistry registry;
    private final Map<Key, Series> series = new ConcurrentHashMap<>();
    private final Map<Generation, Value> nextSlots = new EnumMap<>(Generation.class);
    private final Map<String, Value> free = new ConcurrentHashMap<>();
    private final Map<String, Value> refused = new ConcurrentHashMap<>();
    private final Map<String, Value> vanished = new ConcurrentHashMap<>();
    private final Map<String, Value> gone = new ConcurrentHashMap<>();
    private final Map<String, Map<String, Check>> checks = new HashMap<>();
    private final Map<String, Instant> checkedOf = new HashMap<>();
    private final Value keyOk = new Value(Double.NaN);

    BackupMetrics(MeterRegistry registry, Duration rpo, Duration rto) {
        this.registry = registry;
        constant("sidecar.backup.rpo", "Greatest allowed age of the newest verified backup", rpo);
        constant("sidecar.backup.rto", "Greatest allowed time of a restore", rto);
        gauge(
                "sidecar.backup.key.ok",
                "1 if what is encrypted with the configured key can be decrypted",
                null,
                Tags.empty(),
                keyOk);
        for (Generation generation : Generation.values()) {
            if (generation != Generation.MANUAL) {
                Value next = new Value(0);
                nextSlots.put(generation, next);
                gauge(
                        "sidecar.backup.next.slot.timestamp",
                        "When the next backup is due, 0 if never",
                        "seconds",
                        Tags.of("generation", generation.label()),
                        next);
            }
        }
    }

    /**
     * Publishes a store's free space; a store without a limit has no series. The store is not asked at each scrape: storage that hangs would
     * block all other metrics.
     */
    void room(Store store) {
        try {
            store.freeBytes()
                    .ifPresent(bytes ->
                            free.computeIfAbsent(store.name(), this::freeIn).set(bytes));
        } catch (IOException e) {
            Value unknown = free.get(store.name());
            if (unknown != null) {
                unknown.set(Double.NaN);
            }
        }
    }

    private Value freeIn(String store) {
        Value value = new Value(Double.NaN);
        gauge(
                "sidecar.backup.free",
                "Room for more backups, as of the last run",
                "bytes",
                Tags.of("store", store),
                value);
        return value;
    }

    /** Publishes how many sets of each store are refused. */
    void refused(List<Store> stores, List<RefusedSet> sets) {
        for (Store store : stores) {
            refused.computeIfAbsent(store.name(), this::refusedIn)
                    .set(sets.stream()
                            .filter(set -> set.store().equals(store.name()))
                            .count());
        }
    }

    private Value refusedIn(String store) {
        Value value = new Value(0);
        gauge(
                "sidecar.backup.refused",
                "Sets in storage that are not signed by this sidecar, or were changed",
                null,
                Tags.of("store", store),
                value);
        return value;
    }

    /** Publishes how many backups a store has lost. */
    void vanished(String store, int count) {
        vanished.computeIfAbsent(store, this::vanishedFrom).set(count);
    }

    private Value vanishedFrom(String store) {
        Value value = new Value(0);
        gauge(
                "sidecar.backup.vanished",
                "Backups that the store held at the last check and that are gone although retention keeps them",
                null,
                Tags.of("store", store),
                value);
        return value;
    }

    /** Creates all series of a database and generation. */
    void known(String database, Generation generation) {
        of(database, generation);
        goneOf(database);
    }

    /** Records whether a database that has backups is on the server. */
    void gone(String database, boolean isGone) {
        goneOf(database).set(isGone ? 1 : 0);
    }

    private Value goneOf(String database) {
        return gone.computeIfAbsent(database, name -> {
            Value value = new Value(Double.NaN);
            gauge(
                    "sidecar.backup.gone",
                    "1 if the database has backups and is no longer on the server",
                    null,
                    Tags.of("database", name),
                    value);
            return value;
        });
    }

    /** Records that a backup was published just now. */
    void taken(Backup backup) {
        of(backup).lastRunSuccess.set(1);
        remembered(backup);
    }

    /** Records the newest published backup of a database and generation; it does not tell how the last run ended. */
    void remembered(Backup backup) {
        Series s = of(backup);
        Manifest manifest = backup.manifest();
        s.lastSuccess.set(seconds(manifest.finishedAt()));
        s.size.set(manifest.storedBytes());
        s.dump.set(manifest.dumpBytes());
        s.ratio.set(manifest.storedBytes() == 0 ? 0 : (double) manifest.dumpBytes() / manifest.storedBytes());
        s.duration.set(manifest.duration().toMillis() / 1000.0);
    }

    /** Leaves the series of a database without values: no rule says anything about them, and none misses them. */
    void forgotten(String database, Generation generation) {
        of(database, generation).values.forEach(value -> value.set(Double.NaN));
        goneOf(database).set(Double.NaN);
    }

    /** Leaves open how the last run and verification ended: others are at work, and what failed here they may have settled. */
    void leave() {
        series.values().forEach(s -> {
            s.lastRunSuccess.set(Double.NaN);
            s.lastVerificationSuccess.set(Double.NaN);
        });
    }

    /** Records a failed run. */
    void failed(String database, Generation generation, Reason reason, Instant when) {
        Series s = of(database, generation);
        s.lastRunSuccess.set(0);
        s.lastFailure.set(seconds(when));
        Objects.requireNonNull(s.failures.get(reason)).increment();
    }

    /** Records a verification that reached its level, now or before the process started. */
    void verified(Backup backup, VerificationLevel level, Instant when, @Nullable Duration restoreTook) {
        Series s = of(backup);
        s.lastVerificationSuccess.set(1);
        for (VerificationLevel proven : VerificationLevel.values()) {
            if (level.atLeast(proven)) {
                Objects.requireNonNull(s.verified.get(proven)).max(seconds(when));
            }
        }
        if (restoreTook != null) {
            restoreMeasured(backup, restoreTook);
        }
    }

    /** Records how long the newest restore into the scratch server took. */
    void restoreMeasured(Backup backup, Duration took) {
        of(backup).restore.set(took.toMillis() / 1000.0);
    }

    /** Records a verification that did not reach its level. */
    void notVerified(Backup backup) {
        of(backup).lastVerificationSuccess.set(0);
    }

    /** Records whether the newest backup holds much less than the one before, or failed a check. */
    void suspect(Backup backup) {
        of(backup).suspect.set(backup.isSuspect() ? 1 : 0);
    }

    /** Records what the operator's own checks found in a backup, unless they ran on a newer one before. A check that is gone loses its series. */
    synchronized void checked(Backup backup, List<CheckResult> results) {
        String database = backup.id().database();
        Instant taken = backup.manifest().startedAt();
        if (results.isEmpty() || checkedOf.getOrDefault(database, Instant.MIN).isAfter(taken)) {
            return;
        }
        checkedOf.put(database, taken);
        Map<String, Check> known = checks.computeIfAbsent(database, any -> new HashMap<>());
        Set<String> now = results.stream().map(CheckResult::check).collect(Collectors.toSet());
        known.entrySet().removeIf(check -> {
            boolean gone = !now.contains(check.getKey());
            if (gone) {
                registry.remove(check.getValue().gauge);
            }
            return gone;
        });
        results.forEach(result -> known.computeIfAbsent(result.check(), name -> checkOf(database, name))
                .held
                .set(result.held() ? 1 : 0));
    }

    /** Creates the series of checks that will run. */
    synchronized void knownChecks(String database, List<String> names) {
        Map<String, Check> known = checks.computeIfAbsent(database, any -> new HashMap<>());
        names.forEach(name -> known.computeIfAbsent(name, one -> checkOf(database, one)));
    }

    private Check checkOf(String database, String name) {
        Value held = new Value(Double.NaN);
        Gauge gauge = Gauge.builder("sidecar.backup.check.held", () -> held.value)
                .description("1 if this check of yours held on the newest backup that it ran on")
                .tags(Tags.of("database", database, "check", name))
                .register(registry);
        return new Check(held, gauge);
    }

    private record Check(Value held, Gauge gauge) {}

    /** Records how many published backups there are, and whether the newest is suspect. */
    void kept(String database, Generation generation, long count, boolean newestSuspect) {
        Series s = of(database, generation);
        s.kept.set(count);
        s.suspect.set(newestSuspect ? 1 : 0);
    }

    /** Records when the next backup of a generation is due; null for never. */
    void due(Generation generation, @Nullable Instant next) {
        Objects.requireNonNull(nextSlots.get(generation)).set(next == null ? 0 : seconds(next));
    }

    /** Records whether encryption and, if the host has the secret key, decryption work. */
    void keyChecked(boolean ok) {
        keyOk.set(ok ? 1 : 0);
    }

    private Series of(Backup backup) {
        return of(backup.id().database(), backup.id().generation());
    }

    private Series of(String database, Generation generation) {
        return series.computeIfAbsent(new Key(database, generation), key -> new Series(database, generation));
    }

    private static double seconds(Instant instant) {
        return instant.toEpochMilli() / 1000.0;
    }

    private void constant(String name, String description, Duration value) {
        gauge(name, description, "seconds", Tags.empty(), new Value(value.toMillis() / 1000.0));
    }

    private void gauge(String name, String description, @Nullable String unit, Tags tags, Value value) {
        // The registry holds the object of a gauge weakly, but a supplier strongly.
        Gauge.builder(name, () -> value.value)
                .description(description)
                .baseUnit(unit)
                .tags(tags)
                .register(registry);
    }

    private record Key(String database, Generation generation) {}

    private static final class Value {

        private volatile double value;

        Value(double initial) {
            value = initial;
        }

        void set(double newValue) {
            value = newValue;
        }

        void max(double newValue) {
            value = Math.max(value, newValue);
        }
    }

    private final class Series {

        private final Tags tags;
        private final List<Value> values = new ArrayList<>();
        private final Value lastSuccess;
        private final Value lastRunSuccess;
        private final Value lastFailure;
        private final Value lastVerificationSuccess;
        private final Value size;
        private final Value dump;
        private final Value ratio;
        private final Value duration;
        private final Value kept;
        private final Value restore;
        private final Value suspect;
        private final Map<Reason, Counter> failures = new EnumMap<>(Reason.class);
        private final Map<VerificationLevel, Value> verified = new EnumMap<>(VerificationLevel.class);

        Series(String database, Generation generation) {
            tags = Tags.of("database", database, "generation", generation.label());
            lastSuccess =
                    add("last.success.timestamp", "When the newest backup was published, 0 if never", "seconds", 0);
            lastRunSuccess = add("last.run.success", "Whether the last run published a backup", null, Double.NaN);
            lastFailure = add("last.failure.timestamp", "When a run last failed, 0 if never", "seconds", 0);
            lastVerificationSuccess =
                    add("last.verification.success", "Whether the last verification held", null, Double.NaN);
            size = add("size", "Bytes in storage of the newest backup", "bytes", Double.NaN);
            dump = add("dump", "Bytes that pg_dump wrote for the newest backup", "bytes", Double.NaN);
            ratio = add("compression.ratio", "Bytes dumped for each byte stored", null, Double.NaN);
            duration = add("duration", "Duration of the newest backup", "seconds", Double.NaN);
            kept = add("kept", "How many backups there are", null, 0);
            restore = add("restore", "Duration of the last restore into the scratch server", "seconds", Double.NaN);
            suspect = add(
                    "suspect",
                    "Whether the newest backup has much less in it than the one before, or failed a check",
                    null,
                    0);
            for (Reason reason : Reason.values()) {
                failures.put(
                        reason,
                        Counter.builder("sidecar.backup.failures")
                                .description("Runs that published nothing, by reason")
                                .tags(tags.and("reason", reason.label()))
                                .register(registry));
            }
            for (VerificationLevel level : VerificationLevel.values()) {
                Value value = new Value(0);
                values.add(value);
                verified.put(level, value);
                gauge(
                        "sidecar.backup.last.verified.timestamp",
                        "When a backup was last proven to this level, 0 if never",
                        "seconds",
                        tags.and("level", level.name()),
                        value);
            }
        }

        private Value add(String name, String description, @Nullable String unit, double initial) {
            Value value = new Value(initial);
            values.add(value);
            gauge("sidecar.backup." + name, description, unit, tags, value);
            return value;
        }
    }
}
