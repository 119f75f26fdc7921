package dev.sidecar.traces;

import io.opentelemetry.exporter.internal.FailedExportException.HttpExportException;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.RetryPolicy;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Hands batches of spans to an OTLP receiver, one after the other, each within a limited time. */
final class SpanDelivery {

    /** It would write a line for each failed attempt; {@link SpanQueue} writes one for each change. Held here, or the level is forgotten. */
    private static final Logger SILENCED = Logger.getLogger("io.opentelemetry.exporter");

    private static final RetryPolicy ATTEMPTS = RetryPolicy.builder()
            .setMaxAttempts(3)
            .setInitialBackoff(Duration.ofMillis(500))
            .setMaxBackoff(Duration.ofSeconds(2))
            .build();
    private static final Duration SLACK = Duration.ofSeconds(1);
    private static final int LONGEST_REASON = 200;

    private final OtlpHttpSpanExporter exporter;
    private final Duration limit;
    private final ThreadPoolExecutor sending;
    private volatile @Nullable Thread sender;

    SpanDelivery(SpanDestination to) {
        SILENCED.setLevel(Level.OFF);
        this.limit = to.timeout().plus(SLACK);
        // One thread: a receiver that never ends its answer must not hold one more with each batch.
        this.sending = new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(1), this::thread);
        sending.allowCoreThreadTimeOut(true);
        String authorization = to.authorization();
        Map<String, String> headers = authorization == null ? Map.of() : Map.of("Authorization", authorization);
        this.exporter = OtlpHttpSpanExporter.builder()
                .setEndpoint(to.traces())
                .setTimeout(to.timeout())
                .setConnectTimeout(to.timeout())
                .setHeaders(() -> headers)
                .setCompression("gzip")
                .setRetryPolicy(ATTEMPTS)
                .setExecutorService(sending)
                .build();
    }

    private Thread thread(Runnable work) {
        Thread thread = new Thread(work, "gateway-spans-sender");
        thread.setDaemon(true);
        sender = thread;
        return thread;
    }

    /** Delivers a batch. @return null, or why it was not taken: the same words as long as the trouble is the same */
    @Nullable
    String deliver(Collection<SpanData> batch) throws InterruptedException {
        try {
            CompletableResultCode result = exporter.export(batch).join(limit.toMillis(), TimeUnit.MILLISECONDS);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            if (result.isSuccess()) {
                return null;
            }
            if (!result.isDone()) {
                Thread stuck = sender;
                if (stuck != null) {
                    stuck.interrupt();
                }
                return "no complete answer within " + limit.toSeconds() + " s";
            }
            return reason(result.getFailureThrowable());
        } catch (RejectedExecutionException e) {
            return "the last delivery has not ended";
        } catch (RuntimeException e) {
            // The thread that sends must outlive whatever one batch does to the exporter.
            return reason(e);
        }
    }

    private static String reason(@Nullable Throwable failure) {
        if (failure instanceof HttpExportException http && http.getResponse() != null) {
            return "it answered " + http.getResponse().getStatusCode();
        }
        Throwable cause = failure;
        while (cause != null && cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        String words = String.valueOf(cause);
        return words.length() <= LONGEST_REASON ? words : words.substring(0, LONGEST_REASON);
    }

    void close() {
        exporter.close();
        sending.shutdownNow();
    }
}
