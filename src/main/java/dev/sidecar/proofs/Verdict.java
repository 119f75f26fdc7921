package dev.sidecar.proofs;

/** How a drill ended. */
public enum Verdict {
    /** It was just seen to work. */
    HELD,
    /** It was just seen not to work. */
    BROKEN,
    /** It could not be run, or what it needs is not configured. Never counted as held. */
    INCONCLUSIVE
}
