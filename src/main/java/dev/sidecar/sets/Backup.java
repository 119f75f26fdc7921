package dev.sidecar.sets;

import dev.sidecar.sets.BackupEvent.Type;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Describes one published set in one store: its manifest, and the events recorded since.
 *
 * @param manifest the manifest of the set
 * @param store name of the store that holds the set, {@code local} or {@code s3}
 * @param events the oldest first
 * @param standing why it is believed to be ours
 */
public record Backup(Manifest manifest, String store, List<BackupEvent> events, Standing standing) {

    /** Says why a set is believed to be ours. */
    public enum Standing {
        /** It has the signature of this sidecar, or of one whose key is trusted. */
        SIGNED,
        /** A person accepted it with {@code sidecar adopt}. */
        ADOPTED
    }

    /** Describes a set that this sidecar signed. */
    public Backup(Manifest manifest, String store, List<BackupEvent> events) {
        this(manifest, store, events, Standing.SIGNED);
    }

    public Backup {
        events = events.stream().sorted(Comparator.comparing(BackupEvent::at)).toList();
    }

    /** Returns the id of the backup. */
    public BackupId id() {
        return manifest.id();
    }

    /**
     * Finds the newest verification that reached the highest level; empty if the backup was found damaged since, or never verified. A published
     * backup has at least L0, which needs no event.
     */
    public Optional<BackupEvent> verification() {
        Optional<BackupEvent> damaged = newest(Type.DAMAGED);
        return events.stream()
                .filter(event -> event.type() == Type.VERIFIED && event.level() != null)
                .filter(event ->
                        damaged.isEmpty() || event.at().isAfter(damaged.get().at()))
                .max(Comparator.comparing(BackupEvent::level).thenComparing(BackupEvent::at));
    }

    /** Returns the verified level, at least L0; empty if the backup is damaged. */
    public Optional<VerificationLevel> level() {
        if (isDamaged()) {
            return Optional.empty();
        }
        return Optional.of(verification().map(BackupEvent::level).orElse(VerificationLevel.L0));
    }

    /** Tells whether the backup is verified to at least this level. */
    public boolean isVerified(VerificationLevel atLeast) {
        return level().filter(level -> level.atLeast(atLeast)).isPresent();
    }

    /** Returns when the level was last verified. */
    public Optional<Instant> verifiedAt() {
        return verification().map(BackupEvent::at);
    }

    /** Returns how long the newest restore into a scratch server took. */
    public Optional<Duration> restoreTook() {
        return events.stream()
                .filter(event -> event.type() == Type.VERIFIED)
                .flatMap(event -> Optional.ofNullable(event.restoreTook()).stream())
                .reduce((older, newer) -> newer);
    }

    /** Tells whether the newest verification found the backup damaged. */
    public boolean isDamaged() {
        return isOn(Type.DAMAGED, Type.VERIFIED);
    }

    /** Tells whether the backup must not expire. */
    public boolean isPinned() {
        return isOn(Type.PINNED, Type.UNPINNED);
    }

    /** Returns what the operator's own checks found when they last ran; empty if they never did. */
    public List<CheckResult> checks() {
        return newest(Type.CHECKED).map(BackupEvent::checks).orElse(List.of());
    }

    /** Returns when the operator's own checks last ran. */
    public Optional<Instant> checkedAt() {
        return newest(Type.CHECKED).map(BackupEvent::at);
    }

    /** Returns when the database was found to be gone from the server; only of its newest backup does that say anything. */
    public Optional<Instant> goneSince() {
        return events.stream()
                .filter(event -> event.type() == Type.GONE)
                .findFirst()
                .map(BackupEvent::at);
    }

    /** Says why nobody needs to be told any more that the database is gone; only of its newest backup does that say anything. */
    public Optional<String> forgotten() {
        return newest(Type.FORGOTTEN).map(BackupEvent::detail);
    }

    /** Tells whether the backup holds much less than the one before, or failed a check, and nobody has cleared the mark. */
    public boolean isSuspect() {
        return isOn(Type.SUSPECT, Type.CLEARED);
    }

    /** Says why the backup is suspect. */
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
