package dev.sidecar.requests;

import java.util.Locale;

/** The kind of client that sent a request. Objectives are about users, and machines send more requests. */
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
