package dev.sidecar.relay;

import dev.sidecar.hosts.HostsUnreadable;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Takes the pushes of one connection, one after the other. Who pushes, and whether he has room left, is known before anything of the body is
 * kept; whoever is refused then loses the connection.
 */
final class PushHandler extends SimpleChannelInboundHandler<HttpObject> {

    private static final String SCHEME = "Bearer ";
    private static final String PROTOBUF = "application/x-protobuf";
    private static final int LONGEST_TOKEN = 128;

    private final Guests guests;
    private final Passage passage;
    private final RelayMetrics metrics;
    private final UnknownTokens unknownTokens;
    private final Clock clock;
    private final Executor workers;
    private @Nullable Push push;
    private boolean keepAlive;
    private boolean waiting;
    /** The part of a refused push that was read. */
    private int refused = -1;

    PushHandler(
            Guests guests,
            Passage passage,
            RelayMetrics metrics,
            UnknownTokens unknownTokens,
            Clock clock,
            Executor workers) {
        this.guests = guests;
        this.passage = passage;
        this.metrics = metrics;
        this.unknownTokens = unknownTokens;
        this.clock = clock;
        this.workers = workers;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
        if (refused >= 0) {
            drain(context, message);
            return;
        }
        if (message instanceof HttpRequest request) {
            // Nobody sends the next one before he has the answer; who does so is no client of ours.
            if (waiting || push != null || message.decoderResult().isFailure()) {
                context.close();
                return;
            }
            begin(context, request);
        }
        if (message instanceof HttpContent content && push != null) {
            take(context, push, content);
        }
    }

    private void begin(ChannelHandlerContext context, HttpRequest request) {
        Optional<Push.Kind> kind = Arrays.stream(Push.Kind.values())
                .filter(known -> known.path().equals(request.uri()))
                .findFirst();
        if (kind.isEmpty() || !request.method().equals(HttpMethod.POST)) {
            refuse(context, new Reply(kind.isEmpty() ? 404 : 405, "Push to /satellites/metrics or /satellites/logs."));
            return;
        }
        Guests.Known known;
        try {
            known = guests.byToken(token(request.headers()));
        } catch (HostsUnreadable e) {
            refuse(context, Reply.later("Nobody is let in now; keep it and send it again."));
            return;
        }
        Guest guest = known.guest();
        if (guest == null) {
            metrics.trouble(known.name(), known.trouble(), 1);
            if (known.trouble() == Trouble.UNKNOWN_TOKEN) {
                unknownTokens.came(request.headers().get("X-Real-IP", ""));
            }
            refuse(context, Reply.of(known.trouble(), "This token is not, or no longer, known here."));
            return;
        }
        if (HttpUtil.getContentLength(request, 0L) > Push.LARGEST) {
            metrics.trouble(guest.name(), Trouble.TOO_LARGE, 1);
            refuse(context, Reply.of(Trouble.TOO_LARGE, "A push may have " + Push.LARGEST + " bytes."));
            return;
        }
        String type = request.headers().get(HttpHeaderNames.CONTENT_TYPE, "");
        if (!type.equals(PROTOBUF)) {
            metrics.trouble(guest.name(), Trouble.MALFORMED, 1);
            refuse(context, new Reply(415, "Push " + PROTOBUF + ", of remote write version 1."));
            return;
        }
        if (!guest.hasRoom() || !guest.enter()) {
            metrics.trouble(guest.name(), Trouble.FLOOD, 1);
            refuse(context, Reply.of(Trouble.FLOOD, "More than this host's share; send it again later."));
            return;
        }
        if (guest.seen(machine(request.headers()), clock.millis()) > 1) {
            metrics.trouble(guest.name(), Trouble.DOUBLED, 1);
        }
        keepAlive = HttpUtil.isKeepAlive(request);
        push = new Push(guest, kind.get(), request.headers().get(HttpHeaderNames.CONTENT_ENCODING, ""));
    }

    private void take(ChannelHandlerContext context, Push current, HttpContent content) {
        ByteBuf bytes = content.content();
        if (content.decoderResult().isFailure()) {
            end();
            context.close();
        } else if (!current.take(ByteBufUtil.getBytes(bytes))) {
            end();
            metrics.trouble(current.guest().name(), Trouble.TOO_LARGE, 1);
            refuse(context, Reply.of(Trouble.TOO_LARGE, "A push may have " + Push.LARGEST + " bytes."));
        } else if (content instanceof LastHttpContent) {
            push = null;
            waiting = true;
            current.guest().took(current.body().length);
            hand(context, current);
        }
    }

    /** To a thread that may wait for Prometheus and Loki. */
    private void hand(ChannelHandlerContext context, Push current) {
        try {
            workers.execute(() -> {
                Reply reply = Reply.later("Something went wrong here; send it again.");
                try {
                    reply = passage.pass(current);
                } finally {
                    current.guest().leave();
                    Reply made = reply;
                    context.executor().execute(() -> {
                        waiting = false;
                        answer(context, made, keepAlive, !keepAlive);
                    });
                }
            });
        } catch (RejectedExecutionException e) {
            current.guest().leave();
            waiting = false;
            answer(context, Reply.later("Too much at once from all hosts; send it again."), keepAlive, !keepAlive);
        }
    }

    private void end() {
        if (push != null) {
            push.guest().leave();
            push = null;
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        end();
        context.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
        context.close();
    }

    private static String token(HttpHeaders headers) {
        String authorization = headers.get(HttpHeaderNames.AUTHORIZATION, "");
        return authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                        && authorization.length() <= SCHEME.length() + LONGEST_TOKEN
                ? authorization.substring(SCHEME.length()).strip()
                : "";
    }

    /** Tells two machines apart that use one token, by what each says of itself. */
    private static String machine(HttpHeaders headers) {
        String machine = headers.get("X-Satellite-Machine", "");
        return machine.matches("[A-Za-z0-9-]{1,64}") ? machine : "";
    }

    private void refuse(ChannelHandlerContext context, Reply reply) {
        refused = 0;
        answer(context, reply, false, false);
    }

    /** Closing at once would throw away what is underway, the answer with it. */
    private void drain(ChannelHandlerContext context, HttpObject message) {
        if (message instanceof HttpContent content) {
            refused += content.content().readableBytes();
            if (refused > Push.LARGEST || content instanceof LastHttpContent) {
                context.close();
            }
        }
    }

    private static void answer(ChannelHandlerContext context, Reply reply, boolean keepAlive, boolean closes) {
        byte[] text = reply.text().isEmpty() ? new byte[0] : (reply.text() + "\n").getBytes(StandardCharsets.UTF_8);
        var response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(reply.status()), Unpooled.wrappedBuffer(text));
        response.headers()
                .set(HttpHeaderNames.CONTENT_LENGTH, text.length)
                .set(HttpHeaderNames.CONTENT_TYPE, text.length == 0 ? PROTOBUF : "text/plain; charset=utf-8");
        if (reply.status() == 429 || reply.status() == 503) {
            response.headers().set(HttpHeaderNames.RETRY_AFTER, "5");
        }
        HttpUtil.setKeepAlive(response, keepAlive);
        var written = context.writeAndFlush(response);
        if (closes) {
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }
}
