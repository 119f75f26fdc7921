package dev.sidecar.gateway;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.Future;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs one event loop: clients, their connections to the upstream, and the timeouts of both. A request and its answer never leave their
 * loop, so nothing in here is shared or locked.
 */
final class Worker {

    /** Servers close idle connections after 2 s (gunicorn) to 75 s; a connection used no later than this is rarely closed under a request. */
    private static final long LONGEST_IDLE = TimeUnit.MILLISECONDS.toNanos(1500);

    private static final int TICK_MILLIS = 100;
    private static final int RETRY_MILLIS = 40;

    /** An API that is away for longer than this is down and not being restarted: its clients need not wait. */
    private static final long LONGEST_RESTART = TimeUnit.SECONDS.toNanos(10);

    private static final long NOT_AWAY = Long.MIN_VALUE;

    private final EventLoop loop;
    private final GatewayParts parts;
    private final UpstreamAddress address;
    private final Set<ClientConnection> clients = new LinkedHashSet<>();
    private final ArrayDeque<UpstreamConnection> idle = new ArrayDeque<>();
    private final Bootstrap bootstrap;
    private long awaySince = NOT_AWAY;
    private final Defects defects = new Defects(System::nanoTime);
    private volatile boolean draining;

    Worker(EventLoop loop, GatewayParts parts, UpstreamAddress address) {
        this.loop = loop;
        this.parts = parts;
        this.address = address;
        this.bootstrap = new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                // What an API says while it stops reading a request is read; see UpstreamConnection.exceptionCaught.
                .option(ChannelOption.AUTO_CLOSE, false)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        parts.properties().timeouts().connect().toMillis())
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        new UpstreamConnection(Worker.this).install(channel);
                    }
                });
        loop.scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    Defects defects() {
        return defects;
    }

    GatewayParts parts() {
        return parts;
    }

    UpstreamAddress address() {
        return address;
    }

    boolean isDraining() {
        return draining;
    }

    void joined(ClientConnection client) {
        clients.add(client);
    }

    void left(ClientConnection client) {
        clients.remove(client);
    }

    /** Takes the connection that was used last, as the upstream is least likely to have closed it. */
    @Nullable
    UpstreamConnection pooled() {
        UpstreamConnection candidate = idle.pollLast();
        while (candidate != null && !candidate.isUsable()) {
            candidate.close();
            candidate = idle.pollLast();
        }
        return candidate;
    }

    void release(UpstreamConnection connection) {
        if (draining || !connection.isLasting()) {
            connection.close();
        } else {
            connection.rest(System.nanoTime());
            idle.addLast(connection);
        }
    }

    void gone(UpstreamConnection connection) {
        idle.remove(connection);
    }

    void execute(Runnable work) {
        loop.execute(work);
    }

    /**
     * Runs work when this loop has read all that has come by now. A loop that is late sees clients as idle whose requests the system holds
     * already, and others as connected that have gone.
     */
    void afterReading(Runnable work) {
        // What a loop schedules itself waits for the next round, which begins with reading.
        loop.execute(() -> loop.schedule(work, 0, TimeUnit.NANOSECONDS));
    }

    /** Returns what this loop waits for from the client that would be the first to lose its place here. */
    Waiting waiting() {
        long now = System.nanoTime();
        Waiting least = Waiting.NOT;
        for (ClientConnection client : clients) {
            Waiting waiting = client.waiting(now);
            least = waiting.isBefore(least) ? waiting : least;
        }
        return least;
    }

    /** Takes its place from the client that keeps this loop waiting the longest. @return false if none does */
    boolean evict() {
        long now = System.nanoTime();
        ClientConnection victim = null;
        Waiting least = Waiting.NOT;
        for (ClientConnection client : clients) {
            Waiting waiting = client.waiting(now);
            if (waiting.isBefore(least)) {
                least = waiting;
                victim = client;
            }
        }
        if (victim == null) {
            return false;
        }
        parts.metrics().closed(GatewayMetrics.Closing.EVICTED);
        victim.evict();
        return true;
    }

    /**
     * Opens a connection for an exchange and tells it the result. An API that is being restarted refuses for a moment, or is not to be
     * found: as it has seen nothing of the request, that is tried again for a short time, whatever the method.
     */
    void connect(Exchange exchange) {
        connect(
                exchange,
                System.nanoTime() + parts.properties().timeouts().restart().toNanos());
    }

    private void connect(Exchange exchange, long until) {
        address.resolve()
                .whenComplete((found, failure) -> loop.execute(() -> {
                    if (failure != null) {
                        notConnected(exchange, FailureReason.UNREACHABLE, until);
                    } else {
                        connect(exchange, found.iterator(), until);
                    }
                }));
    }

    private void connect(Exchange exchange, Iterator<InetSocketAddress> candidates, long until) {
        if (exchange.isEnded()) {
            return;
        }
        ChannelFuture connecting = bootstrap.connect(candidates.next());
        Channel channel = connecting.channel();
        exchange.connecting(channel);
        connecting.addListener(attempt -> {
            if (attempt.isSuccess()) {
                awaySince = NOT_AWAY;
                exchange.connected(channel.pipeline().get(UpstreamConnection.class));
            } else if (exchange.isEnded()) {
                // It was given up here, which says nothing about the API.
                return;
            } else if (candidates.hasNext()) {
                connect(exchange, candidates, until);
            } else {
                notConnected(exchange, reason(attempt.cause()), until);
            }
        });
    }

    private void notConnected(Exchange exchange, FailureReason reason, long until) {
        if (exchange.isEnded()) {
            return;
        }
        long now = System.nanoTime();
        awaySince = awaySince == NOT_AWAY ? now : awaySince;
        boolean mayComeBack = reason != FailureReason.CONNECT_TIMEOUT && now - awaySince < LONGEST_RESTART;
        if (mayComeBack && now - until < 0 && !draining) {
            loop.schedule(() -> connect(exchange, until), RETRY_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            exchange.notConnected(reason);
        }
    }

    private static FailureReason reason(@Nullable Throwable failure) {
        if (failure instanceof ConnectTimeoutException) {
            return FailureReason.CONNECT_TIMEOUT;
        }
        // "No route to host" and "Connection refused" are both a ConnectException or a cousin of it.
        boolean refused = failure instanceof ConnectException
                && String.valueOf(failure.getMessage()).contains("refused");
        return refused ? FailureReason.REFUSED : FailureReason.UNREACHABLE;
    }

    private void tick() {
        long now = System.nanoTime();
        for (ClientConnection client : List.copyOf(clients)) {
            client.checkDeadline(now);
        }
        UpstreamConnection oldest = idle.peekFirst();
        while (oldest != null && now - oldest.restingSince() > LONGEST_IDLE) {
            idle.pollFirst();
            oldest.close();
            oldest = idle.peekFirst();
        }
    }

    /** Makes every answer from now on the last on its connection. */
    void beginDraining() {
        draining = true;
    }

    /** Breaks off what is still being answered; the result comes when that is done. */
    Future<?> cutAll() {
        return loop.submit(() -> List.copyOf(clients).forEach(ClientConnection::cut));
    }

    void closeIdle() {
        loop.execute(() -> {
            List.copyOf(clients).forEach(ClientConnection::closeIfIdle);
            UpstreamConnection connection = idle.pollLast();
            while (connection != null) {
                connection.close();
                connection = idle.pollLast();
            }
        });
    }
}
