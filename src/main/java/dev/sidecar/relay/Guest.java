package dev.sidecar.relay;

import dev.sidecar.hosts.Satellite;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/** The state of one host while the relay runs: its share, what it has, and when it was last heard of. */
final class Guest {

    /** A client of Prometheus pushes by several connections at once, and the collector's lines come beside. */
    private static final int MOST_AT_ONCE = 8;

    private static final int BURST_SECONDS = 16;
    private static final double NANOS = 1e9;
    private static final long MACHINE_MILLIS = 600_000;
    private static final int MOST_MACHINES = 8;

    private final Satellite satellite;
    private final double bytesPerSecond;
    private final Semaphore all;
    private final AtomicInteger atOnce = new AtomicInteger();
    private final Map<String, Long> machines = new LinkedHashMap<>();
    private double room;
    private long filled;

    final Distinct series;
    final Distinct streams;
    volatile double lastSamples;
    volatile double lastLines;
    volatile double clockOffset;

    /** @param all the places that all hosts have together */
    Guest(Satellite satellite, RelayProperties properties, Semaphore all, double beginSeconds) {
        this.all = all;
        this.satellite = satellite;
        this.bytesPerSecond = properties.bytesPerSecond().toBytes();
        this.room = bytesPerSecond * BURST_SECONDS;
        this.filled = System.nanoTime();
        this.series = new Distinct(properties.seriesPerHost());
        this.streams = new Distinct(properties.streamsPerHost());
        // One that was never heard of is silent since then.
        this.lastSamples = Math.max(beginSeconds, satellite.added().getEpochSecond());
        this.lastLines = lastSamples;
    }

    String name() {
        return satellite.name();
    }

    /** It is the same host, with the same token. */
    boolean is(Satellite other) {
        return satellite.equals(other);
    }

    /**
     * Takes one of its places. The last half of all is for hosts that have none: a few that send slowly keep nobody else out.
     *
     * @return false if it has none left
     */
    boolean enter() {
        int mine = atOnce.incrementAndGet();
        if (mine > MOST_AT_ONCE || mine > 1 && all.availablePermits() <= Guests.PLACES / 2) {
            atOnce.decrementAndGet();
            return false;
        }
        if (!all.tryAcquire()) {
            atOnce.decrementAndGet();
            return false;
        }
        return true;
    }

    void leave() {
        atOnce.decrementAndGet();
        all.release();
    }

    /** Its share of bytes is not used up. A push that begins may be larger than what is left: what it takes is owed. */
    synchronized boolean hasRoom() {
        fill();
        return room > 0;
    }

    synchronized void took(int bytes) {
        fill();
        room -= bytes;
    }

    private void fill() {
        long now = System.nanoTime();
        room = Math.min(bytesPerSecond * BURST_SECONDS, room + (now - filled) / NANOS * bytesPerSecond);
        filled = now;
    }

    /**
     * @param machine as it says of itself; empty if it does not, as the collector's lines
     * @return how many machines pushed by this token within ten minutes, as far as they say which they are
     */
    synchronized int seen(String machine, long nowMillis) {
        machines.values().removeIf(last -> nowMillis - last > MACHINE_MILLIS);
        if (!machine.isEmpty() && (machines.containsKey(machine) || machines.size() < MOST_MACHINES)) {
            machines.put(machine, nowMillis);
        }
        return machines.size();
    }
}
