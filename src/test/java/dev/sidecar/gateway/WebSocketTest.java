package dev.sidecar.gateway;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A real WebSocket client and a real WebSocket server, with the gateway between them. */
class WebSocketTest {

    private final CountDownLatch serverSawTheEnd = new CountDownLatch(1);
    private MultiThreadIoEventLoopGroup loops;
    private Channel server;

    @BeforeEach
    void startAnEcho() {
        loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        server = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        new HttpServerCodec(),
                                        new HttpObjectAggregator(8192),
                                        new WebSocketServerProtocolHandler("/ws", "chat", false, 1 << 20),
                                        new WebSocketFrameAggregator(1 << 20),
                                        new Echo());
                        channel.closeFuture().addListener(closed -> serverSawTheEnd.countDown());
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
    }

    @AfterEach
    void stop() {
        loops.shutdownGracefully(0, 1, SECONDS).syncUninterruptibly();
    }

    @Test
    void messagesPassInBothDirectionsAndTheEndIsSeenOnBothSides() throws Exception {
        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        try (var gateway = GatewayServer.before(((InetSocketAddress) server.localAddress()).getPort())) {
            WebSocket socket = HttpClient.newHttpClient()
                    .newWebSocketBuilder()
                    .subprotocols("chat")
                    .buildAsync(URI.create("ws://127.0.0.1:" + gateway.port() + "/ws"), new Collecting(received))
                    .get(30, SECONDS);
            assertThat(socket.getSubprotocol()).isEqualTo("chat");
            String large = "x".repeat(100_000);
            for (int i = 0; i < 50; i++) {
                socket.sendText("message " + i, true).get(30, SECONDS);
                socket.sendText(large, true).get(30, SECONDS);
            }
            for (int i = 0; i < 50; i++) {
                assertThat(received.poll(30, SECONDS)).isEqualTo("message " + i);
                assertThat(received.poll(30, SECONDS)).isEqualTo(large);
            }
            assertThat(gateway.inFlight()).isEqualTo(1);

            socket.sendClose(WebSocket.NORMAL_CLOSURE, "bye").get(30, SECONDS);

            assertThat(received.poll(30, SECONDS)).isEqualTo("closed 1000");
            assertThat(serverSawTheEnd.await(30, SECONDS)).isTrue();
            await().until(() -> gateway.inFlight() == 0);
            assertThat(gateway.registry
                            .get("sidecar.gateway.requests")
                            .tag("status", "1xx")
                            .tag("route", "/ws")
                            .timer()
                            .count())
                    .isEqualTo(1);
        }
    }

    @Test
    void aRefusedHandshakeIsAnOrdinaryAnswer() {
        try (var gateway = GatewayServer.before(((InetSocketAddress) server.localAddress()).getPort());
                var client = gateway.connect()) {
            client.send("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");

            assertThat(client.head()).startsWith("HTTP/1.1 ").doesNotStartWith("HTTP/1.1 101");
        }
    }

    /** Whoever cannot wait for the switch sends what follows at once; nginx passes it on, too. */
    @Test
    void whatIsSentBeforeTheSwitchFollowsIt() {
        for (String early :
                new String[] {"\u0081\u0085early", "early\r\n\r\n", "GET /early HTTP/1.1\r\nHost: a\r\n\r\n"}) {
            try (var upstream = new RawUpstream((connection, number) -> {
                        connection.head();
                        connection.send(
                                "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nserver's ");
                        connection.send(connection.body(early.length()));
                    });
                    var gateway = GatewayServer.before(upstream.port());
                    var client = gateway.connect()) {
                client.send("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + early);

                assertThat(client.head()).startsWith("HTTP/1.1 101");
                assertThat(client.body(9 + early.length())).isEqualTo("server's " + early);
            }
        }
    }

    @Test
    void whatFollowsARefusedHandshakeIsTheNextRequest() {
        try (var upstream = RawUpstream.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            String ask = "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
            client.send(ask + ask + "GET /next HTTP/1.1\r\nHost: a\r\n\r\n");

            for (int i = 0; i < 3; i++) {
                assertThat(client.message()).startsWith("HTTP/1.1 200").endsWith("no");
            }
            assertThat(upstream.heads).hasSize(3);
            assertThat(upstream.heads.get(2)).startsWith("GET /next HTTP/1.1\r\n");
        }
    }

    @Test
    void aSwitchInTheMiddleOfARequestIsRefused() {
        try (var upstream =
                        RawUpstream.answering("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n");

            assertThat(client.message()).startsWith("HTTP/1.1 502");
        }
    }

    private static final class Echo extends SimpleChannelInboundHandler<TextWebSocketFrame> {

        @Override
        protected void channelRead0(ChannelHandlerContext context, TextWebSocketFrame frame) {
            context.writeAndFlush(frame.retain());
        }
    }

    private static final class Collecting implements WebSocket.Listener {

        private final BlockingQueue<String> received;
        private final StringBuilder part = new StringBuilder();

        Collecting(BlockingQueue<String> received) {
            this.received = received;
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            part.append(data);
            if (last) {
                received.add(part.toString());
                part.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
            received.add("closed " + status);
            return null;
        }
    }
}
