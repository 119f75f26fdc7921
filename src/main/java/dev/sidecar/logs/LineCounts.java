package dev.sidecar.logs;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What became of the lines for one output. At rest {@code accepted = delivered + failed}, and every line offered was accepted or
 * dropped, so that none is ever missing from the account.
 */
final class LineCounts {

    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong delivered = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();

    void accept() {
        accepted.incrementAndGet();
    }

    /** Not taken, as the buffer was full. */
    void drop() {
        dropped.incrementAndGet();
    }

    /** Accepted in advance, as it may be delivered before the call returns, but then not taken after all. */
    void takeBack() {
        dropped.incrementAndGet();
        accepted.decrementAndGet();
    }

    void deliver(long lines) {
        delivered.addAndGet(lines);
    }

    /** Taken, and lost afterwards. */
    void fail(long lines) {
        failed.addAndGet(lines);
    }

    /** Not even turned into a line. */
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

    long failed() {
        return failed.get();
    }

    /** Taken and not yet decided. */
    long waiting() {
        // Read in this order the difference can be too great for a moment, but never negative.
        long decided = delivered.get() + failed.get();
        return accepted.get() - decided;
    }
}
