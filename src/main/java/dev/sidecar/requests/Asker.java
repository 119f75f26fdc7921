package dev.sidecar.requests;

import java.util.Locale;

/** Who a request is from, as far as it matters for what users get: objectives speak of users, and machines ask more often. */
public enum Asker {
    /** Somebody who uses the API. */
    USER,
    /** A health check. */
    PROBE,
    /** A drill of the sidecar. */
    DRILL;

    /** The value of the metrics' label. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
