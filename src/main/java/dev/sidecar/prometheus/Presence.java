package dev.sidecar.prometheus;

/** Whether what a selector reads is there. */
public enum Presence {
    /** There are such series now. */
    LIVE,
    /** There are none yet, and the metric is one that appears only with its first event. */
    UNBORN,
    /** There are none, and there should be: a name is wrong, or its exporter is gone. */
    MISSING
}
