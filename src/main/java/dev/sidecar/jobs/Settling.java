package dev.sidecar.jobs;

import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Waits for figures that grow while another program starts beside us, such as the tables that an application makes: they are complete when
 * two looks find as many.
 */
public final class Settling {

    private static final long LOOK_AGAIN_MS = 3_000;

    private final Clock clock;
    private final Instant until;

    /** Waits no longer than until a moment. */
    public Settling(Clock clock, Instant until) {
        this.clock = clock;
        this.until = until;
    }

    /** Tells whether there is time left to wait. */
    public boolean hasTime() {
        return clock.instant().isBefore(until);
    }

    /** Returns when each figure is above zero and was the same twice, or when the time is over. One that cannot be had is not waited for. */
    public void await(Map<String, Supplier<OptionalLong>> figures) throws InterruptedException {
        Map<String, Long> found = new HashMap<>();
        boolean settled = figures.isEmpty();
        while (!settled && hasTime()) {
            TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MS);
            settled = true;
            for (Map.Entry<String, Supplier<OptionalLong>> figure : figures.entrySet()) {
                OptionalLong now = figure.getValue().get();
                if (now.isPresent()) {
                    Long before = found.put(figure.getKey(), now.getAsLong());
                    settled &= now.getAsLong() > 0 && before != null && before == now.getAsLong();
                }
            }
        }
    }
}
