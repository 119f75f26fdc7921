package dev.sidecar.logs;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts what became of the lines for one output. At rest {@code accepted = delivered + refused + failed}, and every line offered was accepted or
 * dropped, so that no line is ever missing.
 */
final class LineCounts {

    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong delivered = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();

    void accept() {
        accepted.incrementAndGet();
    }

    /** Counts a line that was refused because the buffer was full. */
    void drop() {
        dropped.incrementAndGet();
    }

    /** Turns an accepted line into a dropped one. Lines are accepted in advance, as one may be delivered before the call returns. */
    void takeBack() {
        dropped.incrementAndGet();
        accepted.decrementAndGet();
    }

    void deliver(long lines) {
        delivered.addAndGet(lines);
    }

    /** Counts accepted lines that Loki refused one by one, and counts as discarded itself. */
    void refuse(long lines) {
        refused.addAndGet(lines);
    }

    /** Counts accepted lines that were lost. */
    void fail(long lines) {
        failed.addAndGet(lines);
    }

    /** Counts an event that could not be turned into a line. */
    void failUnaccepted() {
        accepted.incrementAndGet();
        failed.incrementAndGet();
    }

    long dropped() {
        return dropped.get();
    }

    long delivered() {
        return delivered.get();
    }

    long refused() {
        return refused.get();
    }

    long failed() {
        return failed.get();
    }

    /** The accepted lines that are neither delivered nor lost yet. */
    long waiting() {
        // Read in this order, the difference can be too great for a moment, but never negative.
        long decided = delivered.get() + refused.get() + failed.get();
        return accepted.get() - decided;
    }
}
