package dev.sidecar.notices;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How one attempt to tell people ended. An expected failure is a value, never an exception.
 *
 * @param reason why it failed; null if it was delivered
 * @param detail what the other side said, without any secret; empty if it was delivered
 * @param retryAfter how long the other side asked to wait; null if it did not
 */
record Delivery(
        @Nullable DeliveryProblem reason,
        String detail,
        @Nullable Duration retryAfter) {

    static final Delivery DONE = new Delivery(null, "", null);

    static Delivery failed(DeliveryProblem reason, String detail) {
        return new Delivery(reason, detail, null);
    }

    boolean isDone() {
        return reason == null;
    }
}
