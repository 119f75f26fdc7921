package dev.sidecar.stores;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Opens files and folders that strangers may exchange at any moment, for a limited time. Whoever opens a pipe waits for its other end, and
 * Java cannot look and open in one step; nor can it interrupt who waits. That thread is left behind, and only so many are.
 *
 * @param longest how long one may take; a share on another machine answers late at times
 */
record TimedOpen(Duration longest) {

    static final TimedOpen PATIENT = new TimedOpen(Duration.ofSeconds(30));

    private static final int MOST_THREADS = 64;
    private static final int IDLE_SECONDS = 10;

    private static final Executor THREADS =
            new ThreadPoolExecutor(0, MOST_THREADS, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                Thread thread = new Thread(task, "opening");
                thread.setDaemon(true);
                return thread;
            });

    /** It was not opened in time. */
    static final class Late extends IOException {

        private static final long serialVersionUID = 1L;

        private Late(String message) {
            super(message);
        }
    }

    /** Closes what cannot be closed before others are done with it. */
    static void later(Closeable opened) {
        try {
            THREADS.execute(() -> close(opened));
        } catch (RejectedExecutionException e) {
            // It stays open: as many wait already as are left to wait.
        }
    }

    private static void close(Closeable opened) {
        try {
            opened.close();
        } catch (IOException e) {
            // Nobody reads it any more.
        }
    }

    /** @throws Late if it takes longer */
    <T extends Closeable> T open(Object what, Callable<T> open) throws IOException {
        CompletableFuture<T> opened = new CompletableFuture<>();
        try {
            THREADS.execute(() -> open(open, opened));
        } catch (RejectedExecutionException e) {
            throw new IOException(
                    "cannot open %s: %d others wait to be opened; a pipe whose name is gone waits until the sidecar starts anew"
                            .formatted(what, MOST_THREADS),
                    e);
        }
        try {
            return opened.get(longest.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            if (!opened.cancel(false)) {
                return opened.join();
            }
            throw new Late("could not open %s within %d s: it is a pipe by now, or its disk does not answer"
                    .formatted(what, longest.toSeconds()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            opened.cancel(false);
            throw new InterruptedIOException("interrupted while opening " + what);
        } catch (ExecutionException e) {
            // The exception's kind tells what is not there from what cannot be read.
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw new IOException("cannot open " + what, e.getCause());
        }
    }

    private static <T extends Closeable> void open(Callable<T> open, CompletableFuture<T> opened) {
        try {
            T late = open.call();
            if (!opened.complete(late)) {
                late.close();
            }
        } catch (Exception e) {
            opened.completeExceptionally(e);
        }
    }
}
