package dev.sidecar.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.nio.AbstractNioChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Serves one client's connection: takes its requests one after the other, and reads no faster than the upstream does. Bytes that arrive
 * early wait; once they are more than a little, reading stops, so that never more than that and one read wait.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter {

    /** An answered client may be silent for this long before it closes; closing earlier would take the answer from it. */
    private static final long LINGER = TimeUnit.SECONDS.toNanos(2);

    /** Many send all of a request before they look for the answer; a refused one may go on for this long. */
    private static final long LONGEST_LINGER = TimeUnit.SECONDS.toNanos(30);

    /**
     * So much of a body may wait for a connection to the API while more is read: who does not read does not see that the client has gone,
     * and would keep its place for it.
     */
    private static final int MOST_WAITING_BYTES = 16 * 1024;

    /** The same in parts, as each is a buffer of its own, however few bytes are in it. */
    private static final int MOST_WAITING_PARTS = 16;

    /** So little is read of a client without a place that a thousand of them hold next to nothing, and enough to see that it has gone. */
    private static final int MOST_READ_UNPLACED = 2 * 1024;

    /** What is awaited for a shorter time than this may be on its way. */
    private static final long SOON = TimeUnit.SECONDS.toNanos(1);

    private final Worker worker;
    private final StrictRequestDecoder decoder;
    private final ClientResponseEncoder encoder = new ClientResponseEncoder();
    private final ArrayDeque<Object> waiting = new ArrayDeque<>();
    private final Channel channel;
    private Hops.Sender peer = new Hops.Sender("", null);
    private @Nullable Exchange exchange;
    private @Nullable FailureReason refusal;
    private boolean placed = true;
    private boolean lingering;
    private boolean inHead;
    private long waitingSince = System.nanoTime();
    private long deadline;
    private long lastDeadline;

    ClientConnection(Worker worker, Channel channel) {
        this.worker = worker;
        this.channel = channel;
        this.decoder = new StrictRequestDecoder(
                (int) worker.parts().properties().limits().headerSize().toBytes());
        channel.pipeline().addLast(decoder, encoder, this);
    }

    Hops.Sender peer() {
        return peer;
    }

    boolean isWritable() {
        return channel.isWritable();
    }

    ClientResponseEncoder encoder() {
        return encoder;
    }

    /** There is no place for this client: it is told so, whatever it asks, if it asks soon. */
    void refuseAll(FailureReason reason) {
        refusal = reason;
        deadline = System.nanoTime() + LINGER;
    }

    /**
     * Passes nothing on before it is known whether there is a place for this client, so that the API sees nothing of one without. Nor can
     * it lose until then what it does not have. A little is read: one that has gone needs no place, and nobody must lose his for it.
     */
    void awaitPlace() {
        placed = false;
        channel.config().setAutoRead(false);
    }

    /** Serves what it asks, from now on. What it waited for a place is no silence of its own. */
    void listen() {
        placed = true;
        waitingSince = System.nanoTime();
        if (refusal == null) {
            expectHead(decoder.isInHead());
        }
        resume();
    }

    boolean hasGone() {
        return !channel.isActive();
    }

    /** Sets the time until the next sign of life within a request or an answer. */
    void expectWithin(Duration time) {
        deadline = System.nanoTime() + time.toNanos();
    }

    void write(Object message) {
        channel.write(message, channel.voidPromise());
    }

    void flush() {
        channel.flush();
    }

    /** Passes only bytes from here on. */
    void becomeTunnel() {
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        channel.pipeline().remove(encoder);
        channel.pipeline().remove(decoder);
    }

    /** Takes the messages that waited, and reads on if there is room for more. */
    void resume() {
        while (!waiting.isEmpty() && isTaken(waiting.peek())) {
            take(waiting.poll());
        }
        if (exchange != null) {
            exchange.flushRequest();
        }
        boolean room = exchange == null || exchange.isRequestComplete() || !exchange.isTaken() || exchange.hasRoom();
        channel.config().setAutoRead((waiting.isEmpty() ? room : mayMoreWait()) && !decoder.holdsBytes());
    }

    private boolean mayMoreWait() {
        if (waiting.size() >= MOST_WAITING_PARTS) {
            return false;
        }
        int bytes = 0;
        for (Object message : waiting) {
            if (!(message instanceof HttpContent content)) {
                return false;
            }
            bytes += content.content().readableBytes();
        }
        return bytes < MOST_WAITING_BYTES;
    }

    /** All that is missing of the current request has come, and waits for its connection to the API. */
    boolean holdsRest() {
        return waiting.stream().anyMatch(LastHttpContent.class::isInstance);
    }

    /** Drops the waiting rest of the current request. @return true if that was all of it, so that the next request follows */
    boolean skipBody() {
        while (waiting.peek() instanceof HttpContent) {
            HttpContent content = (HttpContent) waiting.remove();
            content.release();
            if (content instanceof LastHttpContent) {
                return true;
            }
        }
        return false;
    }

    /** Ends the exchange and keeps the connection for the next one. */
    void ended() {
        exchange = null;
        if (worker.isDraining()) {
            closeGently();
            return;
        }
        waitingSince = System.nanoTime();
        expectWithin(worker.parts().properties().timeouts().keepAlive());
        // Through the loop: a long pipeline of requests must not become a deep stack.
        if (decoder.holdsBytes()) {
            decoder.goOn();
            channel.eventLoop().execute(this::readHeld);
        } else if (!waiting.isEmpty() || !channel.config().isAutoRead()) {
            channel.eventLoop().execute(this::resume);
        }
        decoder.goOn();
    }

    private void readHeld() {
        channel.pipeline().fireChannelRead(Unpooled.EMPTY_BUFFER);
        channel.pipeline().fireChannelReadComplete();
        resume();
    }

    /** Ends the exchange and closes the connection once the client has received the answer. */
    void closeGently() {
        exchange = null;
        lingering = true;
        decoder.goOn();
        long now = System.nanoTime();
        deadline = now + LINGER;
        // Who has no place does not keep what it has for longer.
        lastDeadline = refusal == null ? now + LONGEST_LINGER : deadline;
        finish();
        releaseWaiting();
        channel.config().setAutoRead(true);
    }

    /** Closes a tunnel's connection once the client has all that passed. */
    void closeAfterAll() {
        exchange = null;
        lingering = true;
        lastDeadline = deadline;
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    /**
     * Tells an exchange when the system has all that was written for this client. Only then may the connection close, or the next request
     * begin: one whose client takes no answers would else fill the memory with them.
     */
    void whenTaken(Exchange answered) {
        ChannelOutboundBuffer pending = channel.unsafe().outboundBuffer();
        if (pending != null && pending.isEmpty()) {
            answered.taken();
        } else {
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> {
                if (written.isSuccess()) {
                    answered.taken();
                }
            });
        }
    }

    /**
     * Breaks the connection: nothing else tells the client that its answer is incomplete.
     *
     * @param endIsEnd the client may take an orderly end of the connection for the end of the answer, so that it needs a reset
     */
    void abort(boolean endIsEnd) {
        exchange = null;
        if (endIsEnd) {
            UpstreamConnection.resetAtClose(channel);
        }
        channel.close();
    }

    /** Cuts what is still being answered when the gateway stops. */
    void cut() {
        if (exchange != null) {
            exchange.fail(FailureReason.STOPPED);
        }
    }

    void closeIfIdle() {
        if (exchange == null && !lingering) {
            channel.close();
        }
    }

    /** Bytes of answers that the client has not taken yet, but for a constant number of them; call it only while it is not writable. */
    long pending() {
        return channel.bytesBeforeWritable();
    }

    /**
     * Asks the system to take more of what waits for the client, whatever it said before: it says that there is room only when a third of
     * its buffer is free, which takes a slow client a minute or more. Call it only while the client is not writable.
     *
     * @return true if it took some
     */
    boolean push() {
        long before = pending();
        if (channel.unsafe() instanceof AbstractNioChannel.NioUnsafe unsafe) {
            unsafe.forceFlush();
        }
        return pending() < before;
    }

    /** How readily this client's place goes to another one, at this moment. */
    Waiting waiting(long now) {
        if (refusal != null || !placed) {
            // It has no place to lose.
            return Waiting.NOT;
        }
        Exchange current = exchange;
        if (current != null) {
            return current.waiting(now);
        }
        Waiting.For what = inHead ? Waiting.For.HEAD : Waiting.For.REQUEST;
        if (lingering) {
            what = Waiting.For.REQUEST;
        } else if (now - waitingSince < SOON) {
            what = Waiting.For.SOON;
        }
        return new Waiting(what, waitingSince - now);
    }

    ChannelFuture closing() {
        return channel.closeFuture();
    }

    /** Takes its place from the client. */
    void evict() {
        if (exchange != null) {
            exchange.fail(FailureReason.TOO_MANY_CONNECTIONS);
        }
        channel.close();
    }

    void checkDeadline(long now) {
        if (exchange != null) {
            exchange.checkPace(now);
        }
        if (now - deadline < 0) {
            return;
        }
        if (exchange != null) {
            exchange.timedOut();
        } else if (inHead && !lingering) {
            Exchange refused = new Exchange(this, worker, RequestHead.unreadable());
            exchange = refused;
            refused.fail(FailureReason.REQUEST_TIMEOUT);
        } else {
            channel.close();
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        peer = worker.parts().hops().peer((InetSocketAddress) channel.remoteAddress());
        worker.joined(this);
        if (!placed) {
            channel.read();
        }
        if (refusal == null) {
            expectWithin(worker.parts().properties().timeouts().keepAlive());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (waiting.isEmpty() && isTaken(message)) {
            take(message);
        } else {
            waiting.add(message);
            if (!mayMoreWait()) {
                channel.config().setAutoRead(false);
            }
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (!placed) {
            if (decoder.bytesRead() < MOST_READ_UNPLACED) {
                channel.read();
            }
        } else if (exchange != null) {
            inHead = false;
            resume();
        } else if (!lingering && refusal == null && decoder.isInHead() != inHead) {
            waitingSince = System.nanoTime();
            expectHead(!inHead);
        }
    }

    private void expectHead(boolean begun) {
        inHead = begun;
        expectWithin(
                begun
                        ? worker.parts().properties().timeouts().head()
                        : worker.parts().properties().timeouts().keepAlive());
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (exchange != null) {
            exchange.clientWritabilityChanged();
        }
    }

    /** Only a tunnel may be half closed; see {@link #becomeTunnel}. */
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE && exchange != null) {
            exchange.clientFinished();
        }
    }

    /** Ends what the client gets, once it has all of it; what it sends still passes. */
    void finish() {
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> {
            if (channel instanceof DuplexChannel duplex) {
                duplex.shutdownOutput();
            }
        });
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        worker.left(this);
        releaseWaiting();
        Exchange current = exchange;
        exchange = null;
        if (current != null) {
            current.clientGone();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
        worker.defects().seen(failure);
        // Broken pipe and the like: channelInactive decides what follows.
        context.close();
    }

    private boolean isTaken(Object message) {
        if (!placed) {
            return false;
        }
        if (lingering) {
            return true;
        }
        if (message instanceof HttpRequest) {
            return exchange == null;
        }
        return exchange == null || exchange.isTaken();
    }

    private void take(Object message) {
        if (lingering) {
            ReferenceCountUtil.release(message);
            decoder.goOn();
            linger();
        } else if (message instanceof HttpRequest request) {
            Exchange begun = new Exchange(this, worker, request);
            exchange = begun;
            if (refusal != null) {
                begun.fail(refusal);
            } else {
                begun.begin();
            }
        } else if (exchange == null) {
            ReferenceCountUtil.release(message);
        } else if (message instanceof HttpContent content) {
            exchange.body(content);
        } else {
            exchange.tunnelToUpstream((ByteBuf) message);
        }
    }

    /** It still sends. */
    private void linger() {
        long later = System.nanoTime() + LINGER;
        if (later - deadline > 0 && later - lastDeadline < 0) {
            deadline = later;
        }
    }

    private void releaseWaiting() {
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
    }
}
