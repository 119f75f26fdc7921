package dev.sidecar.logs;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import com.github.loki4j.client.batch.LogRecord;
import com.github.loki4j.client.batch.LogRecordBatch;
import com.github.loki4j.client.http.HttpConfig;
import com.github.loki4j.client.pipeline.AsyncBufferPipeline;
import com.github.loki4j.client.pipeline.PipelineConfig;
import com.github.loki4j.client.util.Loki4jLogger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Sends lines to Loki in batches, through loki4j's pipeline. Its memory is bounded (about 4 MiB while Loki is away); a line that finds no
 * room is dropped and counted. Labels are stack, host, service, source and level; the ids of the request are structured metadata.
 */
final class LokiShipping {

    /** Loki refuses a push of more than 4 MiB with an answer that loki4j takes for final; loki4j's own default is 4 MiB. */
    private static final int BATCH_BYTES = 256 * 1024;

    private static final int BATCH_LINES = 2_000;
    /** loki4j silently raises a limit of less than five batches. */
    private static final int QUEUE_BYTES = 8 * BATCH_BYTES;

    /** loki4j checks its queue only after it has encoded a batch; it does not limit the lines that wait for that. */
    private static final int WAITING_LINES = 4 * BATCH_LINES;

    private static final long POLL_NANOS = Duration.ofMillis(10).toNanos();

    private final LineCounts counts = new LineCounts();
    private final LokiTrouble trouble;
    private final AtomicLong sequence = new AtomicLong();
    private final Map<String, Map<String, String>> labelsByLevel;
    private final AsyncBufferPipeline pipeline;
    private @Nullable LokiPush push;

    /**
     * @param labels the labels of every line but {@code level}
     * @param http the address, login and limits of the requests
     * @param token presented where there is no user; blank for none
     */
    LokiShipping(Map<String, String> labels, HttpConfig.Builder http, String token) {
        this.trouble = new LokiTrouble(http.build("").pushUrl);
        this.labelsByLevel = Stream.of("debug", "info", "warn", "error")
                .collect(Collectors.toUnmodifiableMap(Function.identity(), level -> with(labels, level)));
        this.pipeline = new AsyncBufferPipeline(PipelineConfig.builder()
                .setName("loki")
                .setBatchMaxItems(BATCH_LINES)
                .setBatchMaxBytes(BATCH_BYTES)
                // Half a second: at shutdown the last batch is cut only after this time.
                .setBatchTimeoutMs(500)
                .setSendQueueMaxBytes(QUEUE_BYTES)
                .setInternalQueuesCheckTimeoutMs(50)
                // Only the garbage collector frees buffers outside the heap, and there is one per waiting batch.
                .setUseDirectBuffers(false)
                // True would wait without limit while Loki is away; stop() below has a limit.
                .setDrainOnStop(false)
                // LokiPush repeats requests itself.
                .setMaxRetries(0)
                .setMetricsEnabled(true)
                .setHttpConfig(http)
                .setHttpClientFactory(config -> push = new LokiPush(config, token, counts, trouble))
                .setInternalLoggingFactory(source -> new EncodingFailures())
                .build());
        pipeline.start();
    }

    private static Map<String, String> with(Map<String, String> labels, String level) {
        return Stream.concat(labels.entrySet().stream(), Stream.of(Map.entry("level", level)))
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    LineCounts counts() {
        return counts;
    }

    LokiTrouble trouble() {
        return trouble;
    }

    /** Takes the line or drops it; returns at once in either case. */
    void offer(ILoggingEvent event, byte[] line) {
        if (counts.waiting() >= WAITING_LINES) {
            counts.drop();
            return;
        }
        counts.accept();
        if (!pipeline.append(() -> counted(event, line))) {
            counts.takeBack();
        }
    }

    private LogRecord counted(ILoggingEvent event, byte[] line) {
        try {
            return entry(event, line);
        } catch (RuntimeException e) {
            // The pipeline notes the failure and still calls the line accepted.
            counts.fail(1);
            throw e;
        }
    }

    private LogRecord entry(ILoggingEvent event, byte[] line) {
        int length = line[line.length - 1] == '\n' ? line.length - 1 : line.length;
        return LogRecord.create(
                event.getTimeStamp(),
                nanosOfMilli(event),
                labelsByLevel.get(level(event.getLevel())),
                new String(line, 0, length, StandardCharsets.UTF_8),
                ids(event));
    }

    /** Loki keeps one of two equal lines with equal time. The clock ends at microseconds, so the last digits tell lines apart. */
    private int nanosOfMilli(ILoggingEvent event) {
        int micros = Math.max(0, event.getNanoseconds()) / 1_000 % 1_000;
        return micros * 1_000 + (int) (sequence.getAndIncrement() % 1_000);
    }

    private static Map<String, String> ids(ILoggingEvent event) {
        Map<String, String> ids = new LinkedHashMap<>();
        for (String name : ContextFields.IDS) {
            String id = ContextFields.id(event, name);
            if (id != null) {
                ids.put(name, id);
            }
        }
        return ids;
    }

    private static String level(Level level) {
        return switch (level.toInt()) {
            case Level.ERROR_INT -> "error";
            case Level.WARN_INT -> "warn";
            case Level.INFO_INT -> "info";
            default -> "debug";
        };
    }

    /** Sends the buffered lines within the limit; lines left then count as failed. @return their number */
    long stop(Duration limit) {
        LokiPush sender = Objects.requireNonNull(push);
        sender.hurry();
        long end = System.nanoTime() + limit.toNanos();
        while (counts.waiting() > 0 && System.nanoTime() < end) {
            LockSupport.parkNanos(POLL_NANOS);
        }
        pipeline.stop();
        long left = counts.waiting();
        if (left > 0) {
            counts.fail(left);
            trouble.count(LokiTrouble.Loss.SHUTDOWN);
        }
        return left;
    }

    /** Counts batches that could not be written; {@link LokiTrouble} reports everything else that loki4j would log. */
    private final class EncodingFailures implements Loki4jLogger {

        @Override
        public void error(Throwable failure, String message, Object... arguments) {
            if (arguments.length > 0 && arguments[0] instanceof LogRecordBatch batch) {
                counts.fail(batch.size());
                trouble.count(LokiTrouble.Loss.ENCODING);
            }
        }

        @Override
        public void trace(String message, Object... arguments) {}

        @Override
        public void info(String message, Object... arguments) {}

        @Override
        public void warn(String message, Object... arguments) {}

        @Override
        public void warn(Throwable failure, String message, Object... arguments) {}

        @Override
        public void error(String message, Object... arguments) {}
    }
}
