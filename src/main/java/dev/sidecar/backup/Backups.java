package dev.sidecar.backup;

import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Everything that can be done with backups; the command line, the schedule, the HTTP API and the proofs all come through here. Each
 * method that takes long reports to a {@link Progress}, can be interrupted, and then leaves nothing half done. What goes wrong is a
 * {@link BackupFailure} with a reason.
 */
public final class Backups {

    private final Catalogue catalogue;
    private final Clock clock;

    Backups(Catalogue catalogue, Clock clock) {
        this.catalogue = catalogue;
        this.clock = clock;
    }

    /** Names of the databases to back up, by the settings and by what the server has now. */
    public List<String> databases() {
        throw new UnsupportedOperationException("not yet");
    }

    /** Takes one backup and publishes it. Its verification is a step of its own, as it can be done again. */
    public Backup take(TakeRequest request, Progress progress) {
        throw new UnsupportedOperationException("not yet");
    }

    /** All published backups of all stores, newest first; one in two stores comes twice. */
    public List<Backup> list() {
        return catalogue.list();
    }

    /** One of them, from the first store that has it. @throws BackupFailure if there is none */
    public Backup get(BackupId id) {
        return list().stream()
                .filter(backup -> backup.id().equals(id))
                .min(Comparator.comparing(backup -> catalogue.stores().indexOf(catalogue.store(backup.store()))))
                .orElseThrow(() -> new BackupFailure(
                        BackupFailure.Reason.NOT_FOUND,
                        "There is no backup %s; 'sidecar list' shows them.".formatted(id)));
    }

    /** The newest of a database that is not damaged. */
    public Optional<Backup> latest(String database) {
        return list().stream()
                .filter(backup -> backup.id().database().equals(database) && !backup.isDamaged())
                .findFirst();
    }

    /** Verifies one from the store that it lies in, and writes down beside it what was found. */
    public Verification verify(Backup backup, VerificationLevel level, Progress progress) {
        throw new UnsupportedOperationException("not yet");
    }

    /** What a restore would do and what stands against it. Touches nothing. */
    public RestorePlan plan(RestoreRequest request) {
        throw new UnsupportedOperationException("not yet");
    }

    /** Restores, after planning again; an obstacle in the plan is a failure. The confirmation is the caller's business. */
    public Restored restore(RestoreRequest request, Progress progress) {
        throw new UnsupportedOperationException("not yet");
    }

    /** Whether a verification or restore of it is under way in this process; it must not expire then. */
    public boolean isInUse(BackupId id) {
        throw new UnsupportedOperationException("not yet");
    }

    /** Keeps it from expiring, in every store. */
    public void pin(BackupId id, String why) {
        mark(id, BackupEvent.Type.PINNED, why);
    }

    /** It may expire again. */
    public void unpin(BackupId id, String why) {
        mark(id, BackupEvent.Type.UNPINNED, why);
    }

    /** Somebody looked at a suspect one and found it right. */
    public void clear(BackupId id, String why) {
        mark(id, BackupEvent.Type.CLEARED, why);
    }

    /** A progress to hand in. */
    public Progress progress() {
        return new Progress(clock);
    }

    private void mark(BackupId id, BackupEvent.Type type, String why) {
        get(id);
        list().stream()
                .filter(backup -> backup.id().equals(id))
                .forEach(backup -> catalogue.record(backup, BackupEvent.of(type, clock.instant(), why)));
    }
}
