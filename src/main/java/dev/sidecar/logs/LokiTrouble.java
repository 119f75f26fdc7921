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
 * Tells the operator about trouble with Loki on standard output: one line when it begins, one when it ends, and at most one a minute
 * about lost batches. It counts the lost batches.
 */
final class LokiTrouble {

    /** Lists the reasons for which a batch is lost; each is a value of the metric's label. */
    enum Loss {
        /** Loki does not accept this batch, and never will. */
        REJECTED,
        /** Loki failed at the batch again and again. */
        SERVER_ERROR,
        /** The batch could not be written as JSON. */
        ENCODING,
        /** Loki did not accept the batch before the process ended. */
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
    // Only the sending thread uses these.
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
                    .log("Loki accepts no log lines; the buffer keeps some, further lines are dropped and counted");
        }
    }

    void over() {
        if (troubled) {
            troubled = false;
            log.atInfo().addKeyValue("loki", address).log("Loki accepts log lines again");
        }
    }

    void lost(int lines, int status, String reason) {
        count(status >= 500 ? Loss.SERVER_ERROR : Loss.REJECTED);
        refused(lines, reason);
    }

    /** Tells of lines that Loki refused. Their batch is not lost. */
    void refused(int lines, String reason) {
        long now = System.nanoTime();
        if (now - lastSaid > SILENCE_NANOS) {
            lastSaid = now;
            log.atError()
                    .addKeyValue("loki", address)
                    .addKeyValue("lines", lines)
                    .addKeyValue("reason", quote(reason))
                    .log("Loki refused log lines; they are lost. Check Loki's log and the limits in its configuration");
        }
    }

    private static String quote(String text) {
        return text.length() <= QUOTED ? text.strip() : text.substring(0, QUOTED) + "…";
    }
}
