package dev.sidecar.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/** Carries one exchange at a time over a connection to the upstream, and rests in the pool between two. */
final class UpstreamConnection extends ChannelInboundHandlerAdapter {

    private final Worker worker;
    private final UpstreamResponseDecoder decoder = new UpstreamResponseDecoder();
    private final UpstreamRequestEncoder encoder = new UpstreamRequestEncoder();
    private @Nullable Channel channel;
    private @Nullable Exchange exchange;
    private boolean used;
    private boolean lasting;

    /** It was seen when something was sent that the upstream takes no more. */
    private boolean deaf;

    private long restingSince;

    UpstreamConnection(Worker worker) {
        this.worker = worker;
    }

    void install(Channel channel) {
        this.channel = channel;
        channel.pipeline().addLast(decoder, encoder, this);
    }

    /** It carried an exchange before and answered this one with nothing: the upstream may have closed it just before it was used. */
    boolean isStale() {
        return used && !decoder.hasBegun();
    }

    /** The upstream keeps it open after the answer that it gave last, and has sent nothing but that. */
    boolean isLasting() {
        return lasting && !deaf && !decoder.hasMore();
    }

    boolean isUsable() {
        return channel().isActive() && !deaf && !decoder.hasMore();
    }

    /** There is room for more of the request, or nobody who will ever take it. */
    boolean isWritable() {
        return deaf || channel().isWritable();
    }

    void carry(Exchange carried, HttpRequest head) {
        exchange = carried;
        decoder.expectAnswer(head.method().equals(HttpMethod.HEAD));
        write(head);
    }

    void write(Object message) {
        if (deaf) {
            ReferenceCountUtil.release(message);
        } else {
            channel().write(message, channel().voidPromise());
        }
    }

    void flush() {
        channel().flush();
    }

    void read(boolean on) {
        channel().config().setAutoRead(on || deaf);
    }

    void rest(long now) {
        exchange = null;
        used = true;
        restingSince = now;
        read(true);
    }

    long restingSince() {
        return restingSince;
    }

    /** Passes only bytes from here on, beginning with what the client sent early. */
    void becomeTunnel(ClientConnection client) {
        channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        channel().pipeline().remove(encoder);
        client.becomeTunnel();
        channel().pipeline().remove(decoder);
    }

    /** Ends what the upstream gets, once it has all of it; what it sends still passes. */
    void finish() {
        Channel finished = channel();
        finished.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> {
            if (finished instanceof DuplexChannel duplex) {
                duplex.shutdownOutput();
            }
        });
    }

    void closeAfterAll() {
        exchange = null;
        channel().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    void close() {
        exchange = null;
        channel().close();
    }

    /** Closes it in a way that nobody takes for the end of what was sent. */
    void reset() {
        resetAtClose(channel());
        close();
    }

    static void resetAtClose(Channel channel) {
        // One that is closed already has no options, and refuses with an exception.
        if (channel.isOpen()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        Exchange current = exchange;
        if (current == null) {
            // Nobody asked: these bytes must not be taken for the next answer.
            ReferenceCountUtil.release(message);
            worker.gone(this);
            context.close();
        } else if (message instanceof HttpResponse response) {
            if (response.decoderResult().isFailure()) {
                boolean cut = response.decoderResult().cause() instanceof PrematureChannelClosureException;
                if (cut) {
                    current.fail(FailureReason.CLOSED);
                } else {
                    current.badAnswer(
                            AnswerDefect.ofHead(response.decoderResult().cause()));
                }
            } else {
                lasting = HttpUtil.isKeepAlive(response);
                AnswerDefect defect = AnswerDefect.ofHead(response.headers());
                if (defect == null) {
                    current.answered(response);
                } else {
                    current.badAnswer(defect);
                }
            }
        } else if (message instanceof HttpContent content) {
            if (content.decoderResult().isFailure()) {
                content.release();
                current.badAnswer(AnswerDefect.CHUNK);
            } else {
                current.answerBody(content);
            }
        } else {
            current.tunnelToClient((ByteBuf) message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (exchange != null) {
            exchange.flushAnswer();
        } else if (decoder.hasMore()) {
            // Half of what nobody asked for is not seen above.
            worker.gone(this);
            context.close();
        }
    }

    /** Told in the middle of a write, which the next part of the request must not get into. */
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        context.executor().execute(() -> {
            if (exchange != null) {
                exchange.upstreamWritabilityChanged();
            }
        });
    }

    /** Only a tunnel may be half closed; see {@link #becomeTunnel}. */
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        Exchange current = exchange;
        if (event != ChannelInputShutdownEvent.INSTANCE || current == null) {
            return;
        }
        if (deaf) {
            exchange = null;
            current.upstreamClosed(true);
            context.close();
        } else {
            current.upstreamFinished();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        Exchange current = exchange;
        exchange = null;
        if (current == null) {
            worker.gone(this);
        } else {
            current.upstreamClosed(deaf);
        }
    }

    /**
     * A reset, above all. Netty would take the end that follows for the end of an answer that ends with its connection. One that is seen
     * when something is sent may stand behind an answer, as an API that refuses an upload answers it, and closes without reading the rest:
     * all that came is read before.
     */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
        decoder.breakOff();
        if (failure instanceof ChannelOutputShutdownException) {
            deaf = true;
            // No more can come than the system holds already.
            read(true);
            if (exchange != null) {
                exchange.upstreamWritabilityChanged();
            }
            return;
        }
        if (deaf && failure instanceof ClosedChannelException) {
            return;
        }
        worker.defects().seen(failure);
        Exchange current = exchange;
        exchange = null;
        if (current != null) {
            current.upstreamClosed(true);
        }
        context.close();
    }

    private Channel channel() {
        if (channel == null) {
            throw new IllegalStateException("not installed");
        }
        return channel;
    }
}
