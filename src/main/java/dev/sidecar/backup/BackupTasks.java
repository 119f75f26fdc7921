package dev.sidecar.backup;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Progress;
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

/** Long work that somebody asked for over HTTP: it goes on by itself, and how far it has come can be asked. */
public final class BackupTasks implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(BackupTasks.class);
    private static final int MOST_AT_ONCE = 4;
    private static final int MOST_REMEMBERED = 50;
    private static final int STOP_SECONDS = 8;

    private final Backups backups;
    private final Clock clock;
    private final Map<String, Running> tasks = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "backup-task");
        thread.setDaemon(true);
        return thread;
    });

    BackupTasks(Backups backups, Clock clock) {
        this.backups = backups;
        this.clock = clock;
    }

    /** Where a task stands. */
    public enum State {
        /** Under way. */
        RUNNING,
        /** Ended well. */
        DONE,
        /** Ended otherwise; the message says how. */
        FAILED
    }

    /**
     * One task.
     *
     * @param kind take, verify or restore
     * @param subject a database or a backup
     * @param progress while it runs
     * @param result what it came to, when it is done
     * @param reason why it failed: one of the closed list of reasons
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

    /** @throws BackupFailure if too many are running */
    Task start(String kind, String subject, Function<Progress, Object> work) {
        if (list().stream().filter(task -> task.state() == State.RUNNING).count() >= MOST_AT_ONCE) {
            throw new BackupFailure(
                    Reason.BUSY, "%d tasks are running already; wait for one to end.".formatted(MOST_AT_ONCE));
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
            log.atError()
                    .addKeyValue("task", task.kind())
                    .setCause(e)
                    .log("task failed for a reason that nobody expected");
            running.task = ended(task, State.FAILED, null, "unexpected", "It failed unexpectedly; the log says more.");
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

    /** Newest first. */
    List<Task> list() {
        List<Task> all =
                new ArrayList<>(tasks.values().stream().map(Running::now).toList());
        all.sort(Comparator.comparing(Task::startedAt).reversed());
        return all;
    }

    Optional<Task> find(String id) {
        return Optional.ofNullable(tasks.get(id)).map(Running::now);
    }

    /** Asks a task to stop; it ends as failed. */
    Optional<Task> stop(String id) {
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

    /** Interrupts what runs and waits some seconds for it, so that children are stopped and partial files removed. */
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
