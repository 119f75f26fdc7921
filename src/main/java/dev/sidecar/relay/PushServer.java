package dev.sidecar.relay;

import dev.sidecar.dataplane.Listener;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Clock;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Listens for pushes. What is read, waits and is handed on at once is bounded, so that no number of hosts fills the memory. */
final class PushServer implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(PushServer.class);
    private static final int THREADS = 2;
    private static final int MOST_CONNECTIONS = 256;
    private static final int WORKERS = 4;
    private static final int WAITING = 16;
    private static final int FOLLOW_SECONDS = 5;

    private final RelayProperties properties;
    private final Guests guests;
    private final Listener listener;
    private final ThreadPoolExecutor workers = new ThreadPoolExecutor(
            WORKERS,
            WORKERS,
            1,
            TimeUnit.MINUTES,
            new ArrayBlockingQueue<>(WAITING),
            new DefaultThreadFactory("passage", true));

    PushServer(RelayProperties properties, Guests guests, Passage passage, RelayMetrics metrics, Clock clock) {
        this.properties = properties;
        this.guests = guests;
        UnknownTokens unknownTokens = new UnknownTokens(clock);
        this.listener = new Listener(
                "pushes",
                THREADS,
                MOST_CONNECTIONS,
                pipeline -> pipeline.addLast(
                        new HttpServerCodec(),
                        new PushHandler(guests, passage, metrics, unknownTokens, clock, workers)));
    }

    @Override
    public void start() {
        // A host that is added and never pushes is silent, too: its series begin here.
        listener.open("sidecar.relay.port", properties.address(), properties.port())
                .scheduleWithFixedDelay(guests::follow, 0, FOLLOW_SECONDS, TimeUnit.SECONDS);
        LOG.atInfo().addKeyValue("port", port()).log("relay takes pushes");
    }

    /** Where it listens; -1 if it does not. */
    int port() {
        return listener.port();
    }

    @Override
    public void stop() {
        listener.close();
        workers.shutdown();
    }

    @Override
    public boolean isRunning() {
        return listener.isOpen();
    }
}
