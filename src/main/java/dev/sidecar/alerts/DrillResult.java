package dev.sidecar.alerts;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of a drill: a marked alert that was sent through one route of the real Alertmanager.
 *
 * @param id the value of the label {@code drill_id}
 * @param route the receiver it was for
 * @param started when it was handed over
 * @param finished when all had delivered or the time was over; null while it runs
 * @param channels what became of it in each channel of that receiver
 * @param problem why there could be no drill; null if there was
 */
public record DrillResult(
        String id,
        String route,
        Instant started,
        @Nullable Instant finished,
        List<ChannelResult> channels,
        @Nullable String problem) {

    /**
     * What one channel did.
     *
     * @param channel which
     * @param delivered whether it took the alert
     * @param took from handing it over to Alertmanager until the delivery, with the waiting for the group; null if not delivered
     * @param reason why not, as far as Alertmanager tells; null if delivered or not decided
     */
    public record ChannelResult(
            Channel channel,
            boolean delivered,
            @Nullable Duration took,
            @Nullable String reason) {}

    /** Whether every channel delivered. */
    public boolean allDelivered() {
        return problem == null && !channels.isEmpty() && channels.stream().allMatch(ChannelResult::delivered);
    }
}
