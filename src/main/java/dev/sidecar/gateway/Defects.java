package dev.sidecar.gateway;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log that the gateway itself failed at a connection, which would look like a client that left or an API that broke off; once a
 * minute at most in each event loop, as a client may be able to repeat what does it.
 */
final class Defects {

    private static final Logger LOG = LoggerFactory.getLogger(Defects.class);
    private static final long QUIET = TimeUnit.MINUTES.toNanos(1);

    private final LongSupplier nanos;
    private long saidAt;
    private boolean said;
    private long unsaid;

    Defects(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** Tells of all but what a broken connection says. */
    void seen(Throwable failure) {
        if (failure instanceof IOException) {
            return;
        }
        long now = nanos.getAsLong();
        if (said && now - saidAt < QUIET) {
            unsaid++;
            return;
        }
        LOG.atError()
                .addKeyValue("not_logged_since_last_line", unsaid)
                .setCause(failure)
                .log("the gateway failed at a connection and closes it: please report this");
        said = true;
        saidAt = now;
        unsaid = 0;
    }
}
