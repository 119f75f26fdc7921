package dev.sidecar.gateway;

import dev.sidecar.gateway.GatewayMetrics.Closing;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Decides which connection gets a place. One address gets a share of them only. If all are taken, the client that keeps the gateway waiting
 * the longest loses its own; only where none does is the newcomer turned away.
 */
final class Admission {

    private final GatewayParts parts;
    private final Collection<Worker> workers;
    private final AtomicInteger connected;
    private final AtomicInteger placed = new AtomicInteger();
    private final AtomicInteger refusals = new AtomicInteger();

    Admission(GatewayParts parts, Collection<Worker> workers) {
        this.parts = parts;
        this.workers = workers;
        this.connected = parts.metrics().connections();
    }

    /** Takes a new connection in. Runs on the loop of its worker. */
    void admit(Channel channel, Worker worker) {
        GatewayProperties.Limits limits = parts.properties().limits();
        String client = parts.hops().accountable(parts.hops().peer((InetSocketAddress) channel.remoteAddress()));
        if (client != null) {
            int held = parts.connectionsOf().take(client);
            channel.closeFuture().addListener(closed -> parts.connectionsOf().give(client));
            if (held > limits.connectionsPerClient()) {
                refuse(channel, worker, FailureReason.CLIENT_CONNECTIONS, Closing.CLIENT_LIMIT);
                return;
            }
        }
        Place place = new Place();
        channel.closeFuture().addListener(closed -> place.giveBack());
        if (connected.get() > 2 * limits.connections()) {
            place.giveBack();
            refuse(channel, worker, FailureReason.TOO_MANY_CONNECTIONS, Closing.FULL);
            return;
        }
        ClientConnection newcomer = new ClientConnection(worker, channel);
        if (!place.takeFree()) {
            newcomer.awaitPlace();
            // One round reads what the newcomer sent, and the next one that it has gone.
            worker.afterReading(() -> worker.afterReading(
                    () -> findPlace(newcomer, worker, workers.iterator(), Waiting.NOT, null, place)));
        }
    }

    /**
     * Asks every loop before one of them takes a place from somebody: the first one's idlest may have been answered just now. A newcomer
     * that has gone meanwhile takes none.
     */
    private void findPlace(
            ClientConnection newcomer,
            Worker worker,
            Iterator<Worker> others,
            Waiting least,
            @Nullable Worker where,
            Place place) {
        if (newcomer.hasGone()) {
            return;
        }
        if (others.hasNext()) {
            Worker other = others.next();
            other.afterReading(() -> {
                Waiting waiting = other.waiting();
                boolean before = waiting.isBefore(least);
                findPlace(newcomer, worker, others, before ? waiting : least, before ? other : where, place);
            });
        } else {
            Worker last = where == null ? worker : where;
            last.afterReading(() -> {
                // Others may have gone meanwhile, or have taken the place that was found.
                if (newcomer.hasGone()) {
                    return;
                }
                if (place.takeFree()) {
                    worker.execute(newcomer::listen);
                } else if (last.evict()) {
                    place.take();
                    worker.execute(newcomer::listen);
                } else if (where == null) {
                    turnAway(newcomer, place);
                } else {
                    findPlace(newcomer, worker, workers.iterator(), Waiting.NOT, null, place);
                }
            });
        }
    }

    private void turnAway(ClientConnection newcomer, Place place) {
        place.giveBack();
        parts.metrics().closed(Closing.FULL);
        if (mayBeTold(newcomer.closing())) {
            newcomer.refuseAll(FailureReason.TOO_MANY_CONNECTIONS);
            newcomer.listen();
        } else {
            newcomer.evict();
        }
    }

    /** Answers the connection's first request by refusing it; if too many are being told already, does not even read that. */
    private void refuse(Channel channel, Worker worker, FailureReason reason, Closing why) {
        parts.metrics().closed(why);
        if (mayBeTold(channel.closeFuture())) {
            new ClientConnection(worker, channel).refuseAll(reason);
            return;
        }
        channel.config().setAutoRead(false);
        worker.execute(() -> channel.writeAndFlush(
                        Unpooled.copiedBuffer(AnswerHead.refusal(reason), StandardCharsets.US_ASCII))
                .addListener(ChannelFutureListener.CLOSE));
    }

    /** Whoever is refused holds no place and is told so at leisure, as long as not too many are. */
    private boolean mayBeTold(ChannelFuture closing) {
        closing.addListener(closed -> refusals.decrementAndGet());
        return refusals.incrementAndGet() <= parts.properties().limits().connectionsPerClient();
    }

    /** What a connection holds, from the time it is there. Those that wait for a place are counted apart: they take it from nobody. */
    private final class Place {

        private boolean held = true;
        private boolean taken;

        Place() {
            connected.incrementAndGet();
        }

        /** Takes a place if one is free. */
        synchronized boolean takeFree() {
            int most = parts.properties().limits().connections();
            if (placed.getAndUpdate(now -> now < most ? now + 1 : now) >= most) {
                return false;
            }
            settle();
            return true;
        }

        /** Takes the place that somebody has just lost. */
        synchronized void take() {
            placed.incrementAndGet();
            settle();
        }

        private void settle() {
            taken = held;
            if (!held) {
                // It has gone meanwhile.
                placed.decrementAndGet();
            }
        }

        synchronized void giveBack() {
            if (held) {
                held = false;
                connected.decrementAndGet();
            }
            if (taken) {
                taken = false;
                placed.decrementAndGet();
            }
        }
    }
}
