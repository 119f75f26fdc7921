package dev.sidecar.dataplane;

import dev.sidecar.settings.InvalidSetting;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Listens on a port beside the gateway's, with threads of its own. Connections are limited, and those that say nothing end. */
public final class Listener {

    private static final int SILENCE_SECONDS = 75;
    private static final long CLOSE_SECONDS = 3;

    private final String threads;
    private final int howMany;
    private final int mostConnections;
    private final Consumer<ChannelPipeline> handlers;
    private final AtomicInteger connections = new AtomicInteger();
    private @Nullable EventLoopGroup loop;
    private @Nullable Channel server;

    /**
     * @param threads beginning of the names of its threads
     * @param howMany number of its threads
     * @param mostConnections how many may be open at once; one more is closed
     * @param handlers adds what reads and answers to a connection that was accepted
     */
    public Listener(String threads, int howMany, int mostConnections, Consumer<ChannelPipeline> handlers) {
        this.threads = threads;
        this.howMany = howMany;
        this.mostConnections = mostConnections;
        this.handlers = handlers;
    }

    /**
     * Begins to listen.
     *
     * @param setting name of the setting of the port
     * @param port the port; 0 takes any free one
     * @return its threads
     * @throws InvalidSetting if the port is not free
     */
    public EventLoopGroup open(String setting, String address, int port) {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(
                howMany, new DefaultThreadFactory(threads, true), NioIoHandler.newFactory());
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
                .bind(address, port)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            close();
            InvalidSetting failure = new InvalidSetting(setting, port, "be a free port of " + address);
            failure.initCause(bound.cause());
            throw failure;
        }
        server = bound.channel();
        return group;
    }

    private void accept(Channel channel) {
        channel.closeFuture().addListener(closed -> connections.decrementAndGet());
        if (connections.incrementAndGet() > mostConnections) {
            channel.close();
            return;
        }
        channel.pipeline().addLast(new ReadTimeoutHandler(SILENCE_SECONDS));
        handlers.accept(channel.pipeline());
    }

    /** It listens. */
    public boolean isOpen() {
        return server != null;
    }

    /** Where it listens; -1 if it does not. */
    public int port() {
        return server == null ? -1 : ((InetSocketAddress) server.localAddress()).getPort();
    }

    /** Stops listening, and ends what is open. */
    public void close() {
        if (server != null) {
            server.close().awaitUninterruptibly();
        }
        server = null;
        if (loop != null) {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        }
    }
}
