package dev.sidecar.proofs;

/** The result of a drill. */
public enum Verdict {
    /** The drill saw it work. */
    HELD,
    /** The drill saw it fail. */
    BROKEN,
    /** The drill could not run, or a part that it needs is not configured. Never counted as held. */
    INCONCLUSIVE
}
