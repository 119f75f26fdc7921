package dev.sidecar.traces;

import dev.sidecar.traces.SpanMetrics.Drop;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the spans that wait, as many as may, and sends them from a thread of its own. Who brings one never waits: a span that finds no
 * place is dropped and counted.
 */
final class SpanQueue implements SpanProcessor {

    private static final Logger LOG = LoggerFactory.getLogger(SpanQueue.class);
    private static final int BATCH = 512;
    private static final int MOST_TOLD = 5;
    private static final long GATHER_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long CLOSE_MILLIS = 3000;

    private final ArrayBlockingQueue<SpanData> waiting;
    private final SpanDelivery delivery;
    private final SpanMetrics metrics;
    private final Thread thread;
    private volatile boolean closed;
    private final Set<String> told = new HashSet<>();
    private long lost;

    SpanQueue(int places, SpanDelivery delivery, SpanMetrics metrics) {
        this.waiting = new ArrayBlockingQueue<>(places);
        this.delivery = delivery;
        this.metrics = metrics;
        this.thread = new Thread(this::run, "gateway-spans");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void onStart(Context parent, ReadWriteSpan span) {
        // Only ended spans are sent.
    }

    @Override
    public boolean isStartRequired() {
        return false;
    }

    @Override
    public void onEnd(ReadableSpan span) {
        if (closed || !waiting.offer(span.toSpanData())) {
            metrics.dropped(Drop.QUEUE_FULL, 1);
        }
    }

    @Override
    public boolean isEndRequired() {
        return true;
    }

    private void run() {
        try {
            while (!closed || !waiting.isEmpty()) {
                List<SpanData> batch = gather();
                if (!batch.isEmpty()) {
                    deliver(batch);
                }
            }
        } catch (InterruptedException e) {
            // The gateway stops and has waited long enough.
        }
    }

    private List<SpanData> gather() throws InterruptedException {
        List<SpanData> batch = new ArrayList<>();
        long until = System.nanoTime() + GATHER_NANOS;
        SpanData next = waiting.poll(GATHER_NANOS, TimeUnit.NANOSECONDS);
        while (next != null) {
            batch.add(next);
            next = batch.size() == BATCH
                    ? null
                    : waiting.poll(closed ? 0 : until - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
        return batch;
    }

    private void deliver(List<SpanData> batch) throws InterruptedException {
        String failure;
        try {
            failure = delivery.deliver(batch);
        } catch (InterruptedException e) {
            metrics.dropped(Drop.NOT_DELIVERED, batch.size());
            throw e;
        }
        if (failure == null) {
            metrics.sent(batch.size());
            if (!told.isEmpty()) {
                LOG.atInfo().addKeyValue("dropped", lost).log("spans are delivered again");
            }
            told.clear();
            lost = 0;
        } else {
            metrics.dropped(Drop.NOT_DELIVERED, batch.size());
            lost += batch.size();
            // A receiver that fails now in one way and now in another has said all of it once.
            if (told.size() < MOST_TOLD && told.add(failure)) {
                LOG.atWarn()
                        .addKeyValue("reason", failure)
                        .log("spans are not delivered and dropped until this changes; requests are not affected");
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join(CLOSE_MILLIS);
            thread.interrupt();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        metrics.dropped(Drop.NOT_DELIVERED, waiting.size());
        delivery.close();
    }
}
