package dev.sidecar.relay;

import dev.sidecar.text.HostileText;
import java.time.Clock;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says in the log that somebody pushes with a token nobody has; once a minute at most, as everybody who reaches the edge can have it said. */
final class UnknownTokens {

    private static final Logger LOG = LoggerFactory.getLogger(UnknownTokens.class);
    private static final long QUIET_MILLIS = Duration.ofMinutes(1).toMillis();
    private static final int LONGEST_ADDRESS = 64;

    private final Clock clock;
    private long saidAt;
    private long unsaid;

    UnknownTokens(Clock clock) {
        this.clock = clock;
        saidAt = clock.millis() - QUIET_MILLIS;
    }

    /** @param address as the edge tells it; anything, if somebody reaches the relay past it */
    synchronized void came(String address) {
        long now = clock.millis();
        // A clock that was put back must not silence this for hours.
        if (now >= saidAt && now - saidAt < QUIET_MILLIS) {
            unsaid++;
            return;
        }
        LOG.atWarn()
                .addKeyValue(
                        "address", HostileText.line(address.substring(0, Math.min(address.length(), LONGEST_ADDRESS))))
                .addKeyValue("refused_since_last_line", unsaid)
                .log("a push with a token that is not known was refused");
        saidAt = now;
        unsaid = 0;
    }
}
