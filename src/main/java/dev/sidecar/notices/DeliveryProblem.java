package dev.sidecar.notices;

import java.util.Locale;

/** Why a notification was not delivered: a closed list that is also the metric's label. */
enum DeliveryProblem {
    /** Login, token or webhook address refused. */
    AUTH(false),
    /** Asked to come back later. */
    RATE_LIMITED(true),
    /** Nobody there: name unknown, connection refused or cut. */
    UNREACHABLE(true),
    /** No answer in time. */
    TIMEOUT(true),
    /** No encrypted connection, or a certificate that is not trusted. */
    TLS(false),
    /** The address of the person, or the channel, is not taken. */
    REJECTED_ADDRESS(false),
    /** The message itself is not taken. */
    REJECTED_MESSAGE(false),
    /** The other side failed. */
    SERVER_ERROR(true),
    /** Something else. */
    OTHER(false);

    private final boolean retryable;

    DeliveryProblem(boolean retryable) {
        this.retryable = retryable;
    }

    /** Whether the same message can succeed a little later. */
    boolean retryable() {
        return retryable;
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
