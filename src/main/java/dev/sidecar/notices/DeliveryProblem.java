package dev.sidecar.notices;

import java.util.Locale;

/** The reason why a notice was not delivered: a closed list that is also the metric's label. */
enum DeliveryProblem {
    /** The server refused the login, the token or the webhook address. */
    AUTH(false),
    /** The server asked to retry later. */
    RATE_LIMITED(true),
    /** The host name is unknown, or the connection was refused or cut. */
    UNREACHABLE(true),
    /** The server did not answer in time. */
    TIMEOUT(true),
    /** The connection is not encrypted, or the certificate is not trusted. */
    TLS(false),
    /** The server does not accept the recipient. */
    REJECTED_ADDRESS(false),
    /** The server does not accept the message. */
    REJECTED_MESSAGE(false),
    /** The server failed. */
    SERVER_ERROR(true),
    /** Any other failure. */
    OTHER(false);

    private final boolean retryable;

    DeliveryProblem(boolean retryable) {
        this.retryable = retryable;
    }

    /** The same message can succeed a little later. */
    boolean retryable() {
        return retryable;
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
