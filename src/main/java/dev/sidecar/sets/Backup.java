package dev.sidecar.sets;

import dev.sidecar.sets.BackupEvent.Type;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * One published set in one store: its manifest, and what became known of it since.
 *
 * @param manifest what it is
 * @param store name of the store that it lies in, {@code local} or {@code s3}
 * @param events oldest first
 */
public record Backup(Manifest manifest, String store, List<BackupEvent> events) {

    public Backup {
        events = events.stream().sorted(Comparator.comparing(BackupEvent::at)).toList();
    }

    /** Its name. */
    public BackupId id() {
        return manifest.id();
    }

    /**
     * The newest verification that reached the highest level; empty if it was found damaged since, or never verified. A published backup
     * has at least L0, which needs no event.
     */
    public Optional<BackupEvent> verification() {
        Optional<BackupEvent> damaged = newest(Type.DAMAGED);
        return events.stream()
                .filter(event -> event.type() == Type.VERIFIED && event.level() != null)
                .filter(event ->
                        damaged.isEmpty() || event.at().isAfter(damaged.get().at()))
                .max(Comparator.comparing(BackupEvent::level).thenComparing(BackupEvent::at));
    }

    /** The level proven, at least L0; empty if it is damaged. */
    public Optional<VerificationLevel> level() {
        if (isDamaged()) {
            return Optional.empty();
        }
        return Optional.of(verification().map(BackupEvent::level).orElse(VerificationLevel.L0));
    }

    /** Whether at least this much is proven of it. */
    public boolean isVerified(VerificationLevel atLeast) {
        return level().filter(level -> level.atLeast(atLeast)).isPresent();
    }

    /** When the level was last proven. */
    public Optional<Instant> verifiedAt() {
        return verification().map(BackupEvent::at);
    }

    /** How long the newest restore into a scratch server took. */
    public Optional<Duration> restoreTook() {
        return events.stream()
                .filter(event -> event.type() == Type.VERIFIED)
                .flatMap(event -> Optional.ofNullable(event.restoreTook()).stream())
                .reduce((older, newer) -> newer);
    }

    /** Whether the newest verification found it damaged. */
    public boolean isDamaged() {
        return isOn(Type.DAMAGED, Type.VERIFIED);
    }

    /** Whether it must not expire. */
    public boolean isPinned() {
        return isOn(Type.PINNED, Type.UNPINNED);
    }

    /** Whether it has much less in it than the one before, and nobody has cleared it. */
    public boolean isSuspect() {
        return isOn(Type.SUSPECT, Type.CLEARED);
    }

    /** What about it is suspect. */
    public Optional<String> suspicion() {
        return isSuspect() ? newest(Type.SUSPECT).map(BackupEvent::detail) : Optional.empty();
    }

    private boolean isOn(Type on, Type off) {
        Optional<BackupEvent> newestOn = newest(on);
        Optional<BackupEvent> newestOff = newest(off);
        return newestOn.isPresent()
                && (newestOff.isEmpty()
                        || !newestOff.get().at().isAfter(newestOn.get().at()));
    }

    private Optional<BackupEvent> newest(Type type) {
        return events.stream().filter(event -> event.type() == type).reduce((older, newer) -> newer);
    }
}
