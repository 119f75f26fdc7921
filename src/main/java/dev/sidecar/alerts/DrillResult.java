package dev.sidecar.alerts;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The result of a drill: an alert marked as a drill, sent through one route of the real Alertmanager.
 *
 * @param id the value of the label {@code drill_id}
 * @param route the receiver it was for
 * @param started when the sidecar sent it to Alertmanager
 * @param finished when all channels had delivered or the time limit had passed; null while it runs
 * @param channels the result of each channel of that receiver
 * @param problem why the drill could not run; null if it ran
 */
public record DrillResult(
        String id,
        String route,
        Instant started,
        @Nullable Instant finished,
        List<ChannelResult> channels,
        @Nullable String problem) {

    /**
     * The result of one channel.
     *
     * @param channel the channel
     * @param delivered whether it delivered the alert
     * @param took from sending it to Alertmanager until the delivery, including the group wait; null if not delivered
     * @param reason why not, as far as Alertmanager reports it; null if delivered or not decided
     */
    public record ChannelResult(
            Channel channel,
            boolean delivered,
            @Nullable Duration took,
            @Nullable String reason) {}

    /** Every channel delivered. */
    public boolean allDelivered() {
        return problem == null && !channels.isEmpty() && channels.stream().allMatch(ChannelResult::delivered);
    }
}
