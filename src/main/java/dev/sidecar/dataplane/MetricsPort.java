package dev.sidecar.dataplane;

import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Serves metrics and health of a process without a web server, on a thread of its own, so that a scrape holds up no request. It listens once
 * the process takes requests and stops before it: that it answers means that the process takes them.
 */
public final class MetricsPort implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(MetricsPort.class);
    private static final int LARGEST_REQUEST = 8 * 1024;
    private static final int MOST_CONNECTIONS = 64;
    private static final int SILENCE_SECONDS = 75;
    private static final long CLOSE_SECONDS = 3;

    private final String settings;
    private final String address;
    private final int wanted;
    private final @Nullable Secret token;
    private final PrometheusMeterRegistry registry;
    private final AtomicInteger connections = new AtomicInteger();
    private @Nullable MultiThreadIoEventLoopGroup loop;
    private @Nullable Channel server;

    /**
     * @param settings beginning of the names of its settings, such as {@code sidecar.gateway}
     * @param address the address to listen on
     * @param wanted the port to listen on; 0 takes any free one
     * @param token token that Prometheus presents; without one the metrics are closed to everybody
     */
    public MetricsPort(
            String settings, String address, int wanted, @Nullable Secret token, PrometheusMeterRegistry registry) {
        this.settings = settings;
        this.address = address;
        this.wanted = wanted;
        this.token = token;
        this.registry = registry;
    }

    @Override
    public void start() {
        var group = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("metrics", true), NioIoHandler.newFactory());
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
                .bind(address, wanted)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            close();
            InvalidSetting failure =
                    new InvalidSetting(settings + ".metrics-port", wanted, "be a free port of " + address);
            failure.initCause(bound.cause());
            throw failure;
        }
        server = bound.channel();
        if (token == null) {
            LOG.atWarn().log("metrics are closed to everybody; set {}.metrics-token", settings);
        }
        LOG.atInfo().addKeyValue("port", port()).log("metrics and health served");
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
                        new HttpObjectAggregator(LARGEST_REQUEST, true),
                        new MetricsPage(token, registry));
    }

    /** Where it listens; -1 if it does not. */
    public int port() {
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
        if (loop != null) {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        }
    }

    @Override
    public boolean isRunning() {
        return server != null;
    }
}
