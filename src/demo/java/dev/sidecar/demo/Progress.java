package dev.sidecar.demo;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Says what is started and what is there; on a terminal the seconds move meanwhile. */
final class Progress implements AutoCloseable {

    private final long began = System.nanoTime();
    private final Consumer<String> out;
    private final boolean terminal = System.console() != null;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "progress");
        thread.setDaemon(true);
        return thread;
    });
    private volatile String current = "";

    Progress(Consumer<String> out) {
        this.out = out;
    }

    void now(String what) {
        if (current.isEmpty() && terminal) {
            clock.scheduleAtFixedRate(this::tick, 0, 1, TimeUnit.SECONDS);
        }
        current = what;
        if (!terminal) {
            out.accept("%s %s …".formatted(seconds(), what));
        }
    }

    void done(String what) {
        out.accept("%s%s ✓ %s".formatted(terminal ? "\r\033[K" : "", seconds(), what));
    }

    /** Says what is missing, and why. */
    void without(String what) {
        out.accept("%s%s – without %s".formatted(terminal ? "\r\033[K" : "", seconds(), what));
    }

    private void tick() {
        System.out.print("\r\033[K" + seconds() + " … " + current);
        System.out.flush();
    }

    private String seconds() {
        return String.format(
                Locale.ROOT,
                "%4d s",
                Duration.ofNanos(System.nanoTime() - began).toSeconds());
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
