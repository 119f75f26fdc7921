package dev.sidecar.backup;

import dev.sidecar.jobs.NamedThreads;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Runs tasks in parallel. The first that fails, or an interrupt, stops all others at once: none waits for one that died. */
final class Together {

    private static final int STOP_SECONDS = 30;

    private Together() {}

    /**
     * @param atOnce how many run at the same time
     * @param tasks started in this order
     * @param stop makes every task end soon, also one that cannot be interrupted
     * @return the results in no particular order
     */
    static <T> List<T> run(int atOnce, List<Callable<T>> tasks, AutoCloseable stop) throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(atOnce, new NamedThreads("backup-stage"));
        try {
            CompletionService<T> completion = new ExecutorCompletionService<>(threads);
            tasks.forEach(completion::submit);
            List<T> results = new ArrayList<>();
            for (int i = 0; i < tasks.size(); i++) {
                results.add(completion.take().get());
            }
            return results;
        } catch (ExecutionException e) {
            stop(threads, stop);
            throw failure(Objects.requireNonNullElse(e.getCause(), e));
        } catch (InterruptedException e) {
            stop(threads, stop);
            throw e;
        } finally {
            threads.shutdownNow();
        }
    }

    private static void stop(ExecutorService threads, AutoCloseable stop) {
        threads.shutdownNow();
        try {
            stop.close();
            threads.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (Exception e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static RuntimeException failure(Throwable cause) throws InterruptedException {
        if (cause instanceof RuntimeException failure) {
            return failure;
        }
        if (cause instanceof InterruptedException interrupt) {
            throw interrupt;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return new BackupFailure(Reason.STORAGE, "A stage failed: " + cause, cause);
    }
}
