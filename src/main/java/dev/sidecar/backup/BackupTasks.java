package dev.sidecar.backup;

import dev.sidecar.jobs.NamedThreads;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.Generation;
import dev.sidecar.sets.Progress;
import dev.sidecar.sets.VerificationLevel;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the long work that a person asks for over HTTP or in the console. Each call returns at once with a task that reports its
 * progress; a call that cannot even begin throws a {@link BackupFailure}.
 */
public final class BackupTasks implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(BackupTasks.class);
    private static final int MOST_AT_ONCE = 4;
    private static final int MOST_REMEMBERED = 50;
    private static final int STOP_SECONDS = 8;

    private final Backups backups;
    private final BackupRun run;
    private final Clock clock;
    private final Map<String, Running> tasks = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newCachedThreadPool(new NamedThreads("backup-task"));

    BackupTasks(Backups backups, BackupRun run, Clock clock) {
        this.backups = backups;
        this.run = run;
        this.clock = clock;
    }

    /** Says how far a task has come. */
    public enum State {
        /** The task is under way. */
        RUNNING,
        /** The task ended well. */
        DONE,
        /** The task failed or was stopped; its message says why. */
        FAILED
    }

    /**
     * Describes one task as it is now.
     *
     * @param kind take, verify or restore
     * @param subject the database or the backup
     * @param progress while it runs
     * @param result the backup, verification or restored database, when it is done
     * @param reason why it failed: the label of a {@link Reason}
     * @param message the same for a person
     */
    public record Task(
            String id,
            String kind,
            String subject,
            State state,
            Instant startedAt,
            @Nullable Instant endedAt,
            Progress.@Nullable View progress,
            @Nullable Object result,
            @Nullable String reason,
            @Nullable String message) {}

    /** Takes a backup of a database outside the schedule. @param verify false to publish it unverified */
    public Task take(String database, boolean verify) {
        TakeRequest request = new TakeRequest(database, Generation.MANUAL, clock.instant());
        return start("take", database, progress -> {
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
     * @param store the store to read from; the first that has the backup if absent
     * @param level how far to verify; decided by the settings if absent
     */
    public Task verify(BackupId id, Optional<String> store, Optional<VerificationLevel> level) {
        Backup backup = store.map(name -> backups.get(id, name)).orElseGet(() -> backups.get(id));
        VerificationLevel wanted = level.orElseGet(() -> backups.levelFor(backup.manifest()));
        return start("verify", id.toString(), progress -> {
            Verification verification = backups.verify(backup, wanted, progress);
            if (!verification.held()) {
                throw new BackupFailure(Reason.DIFFERENT, String.join("; ", verification.problems()));
            }
            return verification;
        });
    }

    /** Restores a backup. The caller has confirmed before that a live database is to be replaced. */
    public Task restore(RestoreRequest request) {
        return start("restore", request.id().toString(), progress -> backups.restore(request, progress));
    }

    /** @throws BackupFailure if too many are running */
    private Task start(String kind, String subject, Function<Progress, Object> work) {
        if (list().stream().filter(task -> task.state() == State.RUNNING).count() >= MOST_AT_ONCE) {
            throw new BackupFailure(
                    Reason.BUSY, "%d tasks are already running; wait for one to end.".formatted(MOST_AT_ONCE));
        }
        Progress progress = backups.progress();
        Task task = new Task(
                UUID.randomUUID().toString(),
                kind,
                subject,
                State.RUNNING,
                clock.instant(),
                null,
                null,
                null,
                null,
                null);
        Running running = new Running(task, progress);
        tasks.put(task.id(), running);
        forgetOldest();
        running.future = threads.submit(() -> run(running, work));
        return running.now();
    }

    private void run(Running running, Function<Progress, Object> work) {
        Task task = running.task;
        try {
            Object result = work.apply(running.progress);
            running.task = ended(task, State.DONE, result, null, null);
        } catch (BackupFailure e) {
            running.task = ended(task, State.FAILED, null, e.reason().label(), e.getMessage());
        } catch (RuntimeException e) {
            log.atError().addKeyValue("task", task.kind()).setCause(e).log("task failed unexpectedly");
            running.task = ended(task, State.FAILED, null, "unexpected", "Unexpected error; see the log.");
        }
        Task end = running.task;
        log.atInfo()
                .addKeyValue("task", end.kind())
                .addKeyValue("subject", end.subject())
                .log("task ended: {}", end.message() == null ? end.state() : end.message());
    }

    private Task ended(
            Task task, State state, @Nullable Object result, @Nullable String reason, @Nullable String message) {
        return new Task(
                task.id(),
                task.kind(),
                task.subject(),
                state,
                task.startedAt(),
                clock.instant(),
                null,
                result,
                reason,
                message);
    }

    /** Lists the tasks, the newest first, ended ones included. */
    public List<Task> list() {
        List<Task> all =
                new ArrayList<>(tasks.values().stream().map(Running::now).toList());
        all.sort(Comparator.comparing(Task::startedAt).reversed());
        return all;
    }

    /** Finds a task by its id. */
    public Optional<Task> find(String id) {
        return Optional.ofNullable(tasks.get(id)).map(Running::now);
    }

    /** Asks a task to stop; it ends as failed. */
    public Optional<Task> stop(String id) {
        Running running = tasks.get(id);
        if (running != null && running.future != null) {
            running.future.cancel(true);
        }
        return find(id);
    }

    private void forgetOldest() {
        list().stream()
                .filter(task -> task.state() != State.RUNNING)
                .skip(MOST_REMEMBERED)
                .forEach(task -> tasks.remove(task.id()));
    }

    /** Interrupts the running tasks and waits some seconds, so that they stop their child processes and remove partial files. */
    @Override
    public void close() {
        threads.shutdownNow();
        try {
            threads.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static final class Running {

        private final Progress progress;
        private volatile Task task;
        private volatile @Nullable Future<?> future;

        Running(Task task, Progress progress) {
            this.task = task;
            this.progress = progress;
        }

        Task now() {
            Task current = task;
            return current.state() != State.RUNNING
                    ? current
                    : new Task(
                            current.id(),
                            current.kind(),
                            current.subject(),
                            State.RUNNING,
                            current.startedAt(),
                            null,
                            progress.now(),
                            null,
                            null,
                            null);
        }
    }
}
