package dev.sidecar.proofs;

import java.time.Duration;
import java.time.Instant;

/**
 * One run of a proof.
 *
 * @param claim the statement that it checked
 * @param finding the result
 * @param when when the drill ended
 * @param took how long it took
 */
public record Drill(Claim claim, Finding finding, Instant when, Duration took) {

    /** The verdict of its finding. */
    public Verdict verdict() {
        return finding.verdict();
    }

    /** How it stands in the report. */
    public ProofState state() {
        if (!finding.applicable()) {
            return ProofState.NOT_SET_UP;
        }
        if (finding.starting()) {
            return ProofState.STARTING;
        }
        return switch (finding.verdict()) {
            case HELD -> ProofState.HELD;
            case BROKEN -> ProofState.BROKEN;
            case INCONCLUSIVE -> ProofState.INCONCLUSIVE;
        };
    }
}
