package dev.sidecar.logs;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the operator about trouble with Loki, on standard output and in few words: a line when it begins, one when it is over, and at
 * most one a minute about lost batches. Counts the batches that were lost.
 */
final class LokiTrouble {

    /** Why a batch is lost. Also the label of the metric. */
    enum Loss {
        /** Loki does not take this batch, and will not later. */
        REJECTED,
        /** Loki failed at it again and again. */
        SERVER_ERROR,
        /** It could not be written as JSON. */
        ENCODING,
        /** Loki did not take it before the process had to end. */
        SHUTDOWN;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final Logger log = LoggerFactory.getLogger(LokiTrouble.class);
    private static final long SILENCE_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final int QUOTED = 300;

    private final String address;
    private final Map<Loss, AtomicLong> batches = new EnumMap<>(Loss.class);
    // Only the sending thread touches these.
    private boolean troubled;
    private long lastSaid = System.nanoTime() - 2 * SILENCE_NANOS;

    LokiTrouble(String address) {
        this.address = address;
        for (Loss loss : Loss.values()) {
            batches.put(loss, new AtomicLong());
        }
    }

    long batches(Loss loss) {
        return counter(loss).get();
    }

    void count(Loss loss) {
        counter(loss).incrementAndGet();
    }

    private AtomicLong counter(Loss loss) {
        return Objects.requireNonNull(batches.get(loss));
    }

    void noticed(String reason) {
        if (!troubled) {
            troubled = true;
            log.atWarn()
                    .addKeyValue("loki", address)
                    .addKeyValue("reason", quote(reason))
                    .log("Loki takes no log lines; some are kept for it, what comes on top is dropped and counted");
        }
    }

    void over() {
        if (troubled) {
            troubled = false;
            log.atInfo().addKeyValue("loki", address).log("Loki takes log lines again");
        }
    }

    void lost(int lines, int status, String reason) {
        count(status >= 500 ? Loss.SERVER_ERROR : Loss.REJECTED);
        long now = System.nanoTime();
        if (now - lastSaid > SILENCE_NANOS) {
            lastSaid = now;
            log.atError()
                    .addKeyValue("loki", address)
                    .addKeyValue("lines", lines)
                    .addKeyValue("reason", quote(reason))
                    .log("Loki refused log lines, they are lost; see its own log and the limits in its configuration");
        }
    }

    private static String quote(String text) {
        return text.length() <= QUOTED ? text.strip() : text.substring(0, QUOTED) + "…";
    }
}
