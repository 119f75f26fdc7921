package dev.sidecar.gateway;

import dev.sidecar.settings.InvalidSetting;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Serves the data plane: listens while the application runs and, when that stops, lets running requests end. It has one event loop for
 * each processor.
 */
final class Gateway implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
    private static final int BACKLOG = 1024;
    private static final long POLL_MILLIS = 20;
    private static final long RESTING_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long CLOSE_SECONDS = 3;

    private final GatewayParts parts;
    private final Map<EventLoop, Worker> workers = new ConcurrentHashMap<>();
    private @Nullable MultiThreadIoEventLoopGroup loops;
    private @Nullable UpstreamAddress upstream;
    private @Nullable Channel server;

    Gateway(GatewayParts parts) {
        this.parts = parts;
    }

    @Override
    public void start() {
        GatewayProperties properties = parts.properties();
        parts.hops().start();
        UpstreamAddress address = new UpstreamAddress(properties.origin());
        upstream = address;
        var group = new MultiThreadIoEventLoopGroup(
                Runtime.getRuntime().availableProcessors(),
                new DefaultThreadFactory("gateway", true),
                NioIoHandler.newFactory());
        loops = group;
        for (EventExecutor loop : group) {
            workers.put((EventLoop) loop, new Worker((EventLoop) loop, parts, address));
        }
        Admission admission = new Admission(parts, workers.values());
        ChannelFuture bound = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(admission, channel);
                    }
                })
                .bind(properties.address(), properties.port())
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            close();
            throw notBound(properties, bound.cause());
        }
        server = bound.channel();
        LOG.atInfo()
                .addKeyValue("port", port())
                .addKeyValue("upstream", properties.upstream())
                .log("gateway started");
    }

    private static InvalidSetting notBound(GatewayProperties properties, @Nullable Throwable cause) {
        InvalidSetting failure = cause instanceof java.net.BindException
                        && String.valueOf(cause.getMessage()).contains("in use")
                ? new InvalidSetting(
                        "sidecar.gateway.port", properties.port(), "be a free port; another program listens on it")
                : new InvalidSetting(
                        "sidecar.gateway.address",
                        properties.address(),
                        "be an address of this machine on which port " + properties.port() + " may be opened");
        failure.initCause(cause);
        return failure;
    }

    /** The port that the gateway listens on. */
    int port() {
        return server == null ? -1 : ((InetSocketAddress) server.localAddress()).getPort();
    }

    private void accept(Admission admission, Channel channel) {
        Worker worker = workers.get(channel.eventLoop());
        if (worker == null) {
            throw new IllegalStateException("no such event loop");
        }
        admission.admit(channel, worker);
    }

    @Override
    public void stop() {
        Channel listening = server;
        int cut = 0;
        if (listening != null) {
            listening.close().awaitUninterruptibly();
            workers.values().forEach(Worker::beginDraining);
            // A proxy may just be using a connection that rests: what it sends is answered, and the answer ends the
            // connection.
            long drain = parts.properties().timeouts().drain().toNanos();
            awaitConnections(Math.min(drain, RESTING_NANOS));
            workers.values().forEach(Worker::closeIdle);
            awaitConnections(drain);
            cut = parts.metrics().connections().get();
            // Loops that are shut down close their connections in order, as if what was sent on them were all.
            List<Future<?>> cuts = new ArrayList<>();
            workers.values().forEach(worker -> cuts.add(worker.cutAll()));
            cuts.forEach(done -> done.awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS));
        }
        server = null;
        close();
        LOG.atInfo().addKeyValue("connections_cut", cut).log("gateway stopped");
    }

    private void awaitConnections(long nanos) {
        long end = System.nanoTime() + nanos;
        try {
            while (parts.metrics().connections().get() > 0 && System.nanoTime() < end) {
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void close() {
        if (loops != null) {
            // The wait has a limit: a broken loop never reports its end and must not keep the process alive.
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        }
        if (upstream != null) {
            upstream.close();
        }
        parts.hops().close();
        parts.spans().close();
        workers.clear();
    }

    @Override
    public boolean isRunning() {
        return server != null;
    }
}
