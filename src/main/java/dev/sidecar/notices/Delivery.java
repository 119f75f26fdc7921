package dev.sidecar.notices;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The result of one attempt to deliver a notice. An expected failure is a value, never an exception.
 *
 * @param reason why it failed; null if it was delivered
 * @param detail the server's reply, without any secret; empty if it was delivered
 * @param retryAfter how long the server asked to wait; null if it did not
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
