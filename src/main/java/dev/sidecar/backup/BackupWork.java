package dev.sidecar.backup;

import dev.sidecar.backup.BackupTasks.Task;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.Generation;
import dev.sidecar.sets.VerificationLevel;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/**
 * The long work that a person may ask for, over HTTP or in the console. Each call answers at once with a task that says how far it
 * has come. What cannot even begin is a {@link BackupFailure}.
 */
public final class BackupWork {

    private final Backups backups;
    private final BackupRun run;
    private final BackupTasks tasks;
    private final Clock clock;

    BackupWork(Backups backups, BackupRun run, BackupTasks tasks, Clock clock) {
        this.backups = backups;
        this.run = run;
        this.tasks = tasks;
        this.clock = clock;
    }

    /** Takes a backup of a database besides the schedule. @param verify false to publish it unproven */
    public Task take(String database, boolean verify) {
        TakeRequest request = new TakeRequest(database, Generation.MANUAL, clock.instant());
        return tasks.start("take", database, progress -> {
            BackupRun.Done done = run.take(request, verify, progress);
            if (!done.held()) {
                throw new BackupFailure(
                        Reason.DIFFERENT,
                        "%s is published, but: %s".formatted(done.backup().id(), String.join("; ", done.problems())));
            }
            return BackupSummary.of(backups.get(done.backup().id()));
        });
    }

    /**
     * Verifies a backup.
     *
     * @param store the one to read from; the first that has it if absent
     * @param level how far; by the settings if absent
     */
    public Task verify(BackupId id, Optional<String> store, Optional<VerificationLevel> level) {
        Backup backup = store.isEmpty()
                ? backups.get(id)
                : backups.list().stream()
                        .filter(one -> one.id().equals(id) && one.store().equals(store.get()))
                        .findFirst()
                        .orElseThrow(() -> new BackupFailure(
                                Reason.NOT_FOUND, "There is no %s in '%s'.".formatted(id, store.get())));
        VerificationLevel wanted = level.orElseGet(() -> run.levelFor(backup));
        return tasks.start("verify", id.toString(), progress -> {
            Verification verification = backups.verify(backup, wanted, progress);
            if (!verification.held()) {
                throw new BackupFailure(Reason.DIFFERENT, String.join("; ", verification.problems()));
            }
            return verification;
        });
    }

    /** Restores; that a live database is to be replaced was confirmed before. */
    public Task restore(RestoreRequest request) {
        return tasks.start("restore", request.id().toString(), progress -> backups.restore(request, progress));
    }

    /** The newest tasks first, ended ones among them. */
    public List<Task> list() {
        return tasks.list();
    }

    /** One of them. */
    public Optional<Task> find(String task) {
        return tasks.find(task);
    }

    /** Asks a task to stop; it ends as failed. */
    public Optional<Task> stop(String task) {
        return tasks.stop(task);
    }
}
