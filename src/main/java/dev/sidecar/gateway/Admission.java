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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Decides which connection gets a place. One address gets a share of them only. If all are taken, the client that keeps the gateway waiting
 * the longest loses its own; only where none does is the newcomer turned away.
 */
final class Admission {

    private final GatewayParts parts;
    private final Collection<Worker> workers;
    private final AtomicInteger places;
    private final AtomicInteger refusals = new AtomicInteger();

    Admission(GatewayParts parts, Collection<Worker> workers) {
        this.parts = parts;
        this.workers = workers;
        this.places = parts.metrics().connections();
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
        int taken = places.incrementAndGet();
        AtomicBoolean place = new AtomicBoolean(true);
        channel.closeFuture().addListener(closed -> giveBack(place));
        if (taken > 2 * limits.connections()) {
            giveBack(place);
            refuse(channel, worker, FailureReason.TOO_MANY_CONNECTIONS, Closing.FULL);
            return;
        }
        ClientConnection newcomer = new ClientConnection(worker, channel);
        if (taken > limits.connections()) {
            newcomer.awaitPlace();
            findPlace(newcomer, worker, workers.iterator(), Waiting.NOT, null, place);
        }
    }

    private void giveBack(AtomicBoolean place) {
        if (place.compareAndSet(true, false)) {
            places.decrementAndGet();
        }
    }

    /** Asks every loop before one of them takes a place from somebody: the first one's idlest may have been answered just now. */
    private void findPlace(
            ClientConnection newcomer,
            Worker worker,
            Iterator<Worker> others,
            Waiting least,
            @Nullable Worker where,
            AtomicBoolean place) {
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
                if (places.get() <= parts.properties().limits().connections() || last.evict()) {
                    worker.execute(newcomer::listen);
                } else if (where == null) {
                    turnAway(newcomer, place);
                } else {
                    findPlace(newcomer, worker, workers.iterator(), Waiting.NOT, null, place);
                }
            });
        }
    }

    private void turnAway(ClientConnection newcomer, AtomicBoolean place) {
        giveBack(place);
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
}
