package dev.sidecar.proofs;

import java.time.Duration;
import java.time.Instant;

/**
 * One run of a proof.
 *
 * @param claim what had to hold
 * @param finding what was found
 * @param when when the drill ended
 * @param took how long it took
 */
public record Drill(Claim claim, Finding finding, Instant when, Duration took) {

    /** How it ended. */
    public Verdict verdict() {
        return finding.verdict();
    }
}
