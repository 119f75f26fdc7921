package dev.sidecar.prometheus;

/** Tells whether the series that a selector reads exist. */
public enum Presence {
    /** They exist now. */
    LIVE,
    /** They do not exist yet; the metric appears only with its first event. */
    UNBORN,
    /** They do not exist: the program that exports them is no part of this stack. */
    NOT_EXPECTED,
    /** They do not exist but should: a name is wrong, or the exporter is gone. */
    MISSING
}
