package dev.sidecar.jobs;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Daemon threads with a name that says whose they are in a thread dump. */
record NamedThreads(String prefix, AtomicInteger count) implements ThreadFactory {

    NamedThreads(String prefix) {
        this(prefix, new AtomicInteger());
    }

    @Override
    public Thread newThread(Runnable runnable) {
        Thread thread = new Thread(runnable, prefix + "-" + count.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }
}
