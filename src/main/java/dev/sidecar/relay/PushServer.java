package dev.sidecar.relay;

import dev.sidecar.settings.InvalidSetting;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Listens for pushes. What is read, waits and is handed on at once is bounded, so that no number of hosts fills the memory. */
final class PushServer implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(PushServer.class);
    private static final int MOST_CONNECTIONS = 256;
    private static final int SILENCE_SECONDS = 75;
    private static final int WORKERS = 4;
    private static final int WAITING = 16;
    private static final int FOLLOW_SECONDS = 5;
    private static final long CLOSE_SECONDS = 3;

    private final RelayProperties properties;
    private final Guests guests;
    private final Passage passage;
    private final RelayMetrics metrics;
    private final Clock clock;
    private final AtomicInteger connections = new AtomicInteger();
    private final ThreadPoolExecutor workers = new ThreadPoolExecutor(
            WORKERS,
            WORKERS,
            1,
            TimeUnit.MINUTES,
            new ArrayBlockingQueue<>(WAITING),
            new DefaultThreadFactory("passage", true));
    private @Nullable MultiThreadIoEventLoopGroup loop;
    private @Nullable Channel server;

    PushServer(RelayProperties properties, Guests guests, Passage passage, RelayMetrics metrics, Clock clock) {
        this.properties = properties;
        this.guests = guests;
        this.passage = passage;
        this.metrics = metrics;
        this.clock = clock;
    }

    @Override
    public void start() {
        var group =
                new MultiThreadIoEventLoopGroup(2, new DefaultThreadFactory("pushes", true), NioIoHandler.newFactory());
        loop = group;
        ChannelFuture bound = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel);
                    }
                })
                .bind(properties.address(), properties.port())
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            close();
            InvalidSetting failure = new InvalidSetting(
                    "sidecar.relay.port", properties.port(), "be a free port of " + properties.address());
            failure.initCause(bound.cause());
            throw failure;
        }
        server = bound.channel();
        // A host that is added and never pushes is silent, too: its series begin here.
        group.scheduleWithFixedDelay(guests::follow, 0, FOLLOW_SECONDS, TimeUnit.SECONDS);
        LOG.atInfo().addKeyValue("port", port()).log("relay takes pushes");
    }

    private void accept(Channel channel) {
        channel.closeFuture().addListener(closed -> connections.decrementAndGet());
        if (connections.incrementAndGet() > MOST_CONNECTIONS) {
            channel.close();
            return;
        }
        channel.pipeline()
                .addLast(
                        new ReadTimeoutHandler(SILENCE_SECONDS),
                        new HttpServerCodec(),
                        new PushHandler(guests, passage, metrics, clock, workers));
    }

    /** Where it listens; -1 if it does not. */
    int port() {
        return server == null ? -1 : ((InetSocketAddress) server.localAddress()).getPort();
    }

    @Override
    public void stop() {
        if (server != null) {
            server.close().awaitUninterruptibly();
        }
        server = null;
        close();
    }

    private void close() {
        workers.shutdown();
        if (loop != null) {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        }
    }

    @Override
    public boolean isRunning() {
        return server != null;
    }
}
