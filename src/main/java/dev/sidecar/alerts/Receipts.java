package dev.sidecar.alerts;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Keeps the newest deliveries and inhibitions that Alertmanager reported, up to a limit, and the last delivery of each channel for as long
 * as the process lives.
 */
public final class Receipts {

    private static final int KEPT = 500;
    /** Names come from outside, so their number is limited too. */
    private static final int NAMES = 200;

    private final Deque<Delivered> deliveries = new ArrayDeque<>();
    private final Deque<Muted> mutings = new ArrayDeque<>();
    private final Map<Channel, Delivered> byChannel = new TreeMap<>();

    /** The newest deliveries, newest first; 500 at most. */
    public synchronized List<Delivered> deliveries() {
        return List.copyOf(deliveries);
    }

    /** The newest mutings, newest first; 500 at most. Alertmanager repeats one for as long as it lasts. */
    public synchronized List<Muted> mutings() {
        return List.copyOf(mutings);
    }

    /** The newest delivery of every channel that ever delivered. */
    public synchronized List<Delivered> lastOfEachChannel() {
        return List.copyOf(byChannel.values());
    }

    /** The newest delivery of one channel. */
    public synchronized Optional<Delivered> last(Channel channel) {
        return Optional.ofNullable(byChannel.get(channel));
    }

    /** The channel delivered within the given time before the given moment. */
    public boolean deliveredWithin(Channel channel, Duration time, Instant now) {
        return last(channel)
                .filter(delivered -> !delivered.at().isBefore(now.minus(time)))
                .isPresent();
    }

    synchronized void add(Delivered delivered) {
        deliveries.addFirst(delivered);
        if (deliveries.size() > KEPT) {
            deliveries.removeLast();
        }
        if (byChannel.size() < NAMES || byChannel.containsKey(delivered.channel())) {
            byChannel.put(delivered.channel(), delivered);
        }
    }

    synchronized void add(Muted muted) {
        mutings.addFirst(muted);
        if (mutings.size() > KEPT) {
            mutings.removeLast();
        }
    }
}
