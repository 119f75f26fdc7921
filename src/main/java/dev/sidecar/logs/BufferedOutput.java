package dev.sidecar.logs;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes to standard output and never makes the logging thread wait. It copies lines into a bounded buffer, and a thread writes the buffer
 * out, many lines with one system call. While nobody reads the other end, the buffer fills up and further lines are dropped and counted.
 */
final class BufferedOutput {

    /** Takes the lines; may block, may fail. */
    @FunctionalInterface
    interface Destination {
        void write(byte[] bytes, int length) throws IOException;
    }

    private static final int INITIAL = 16 * 1024;
    /** Lines are collected for this long. Longer saves system calls, but a killed process loses more. */
    private static final long COLLECT_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Destination target;
    private final int capacity;
    private final LineCounts counts = new LineCounts();
    private final Thread writer = new Thread(this::run, "log-stdout");

    private byte[] filling = new byte[INITIAL];
    private int used;
    private int lines;
    private boolean closed;
    /** The writer waits for the first line and has to be woken. */
    private boolean idle;

    BufferedOutput(Destination target, int capacity) {
        this.target = target;
        this.capacity = capacity;
        writer.setDaemon(true);
        writer.start();
    }

    LineCounts counts() {
        return counts;
    }

    /** Takes the line, or drops it if the buffer is full; returns at once in either case. */
    synchronized void offer(byte[] line) {
        if (closed || used + line.length > capacity) {
            counts.drop();
            return;
        }
        if (used + line.length > filling.length) {
            filling = Arrays.copyOf(filling, Math.min(capacity, Math.max(2 * filling.length, used + line.length)));
        }
        System.arraycopy(line, 0, filling, used, line.length);
        used += line.length;
        lines++;
        counts.accept();
        if (idle) {
            idle = false;
            LockSupport.unpark(writer);
        }
    }

    /** Writes out the buffered lines within the limit; lines left then count as failed. */
    void close(Duration limit) {
        synchronized (this) {
            closed = true;
        }
        LockSupport.unpark(writer);
        try {
            writer.join(Math.max(1, limit.toMillis()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (writer.isAlive()) {
            counts.fail(counts.waiting());
        }
    }

    private void run() {
        byte[] writing = new byte[INITIAL];
        while (awaitLine()) {
            LockSupport.parkNanos(this, COLLECT_NANOS);
            int bytes;
            int count;
            synchronized (this) {
                byte[] swapped = filling;
                filling = writing;
                writing = swapped;
                bytes = used;
                count = lines;
                used = 0;
                lines = 0;
            }
            write(writing, bytes, count);
            // Give back the memory that a burst took.
            writing = writing.length > INITIAL ? new byte[INITIAL] : writing;
        }
    }

    /** Sleeps until there is a line: a server at rest has none for seconds. @return whether there is one; there is none if it is closed */
    private boolean awaitLine() {
        while (true) {
            synchronized (this) {
                if (used > 0 || closed) {
                    return used > 0;
                }
                idle = true;
            }
            LockSupport.park(this);
        }
    }

    private void write(byte[] bytes, int length, int count) {
        try {
            target.write(bytes, length);
            counts.deliver(count);
        } catch (IOException | RuntimeException e) {
            counts.fail(count);
        }
    }
}
