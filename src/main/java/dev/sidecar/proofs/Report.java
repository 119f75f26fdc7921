package dev.sidecar.proofs;

import java.time.Instant;
import java.util.List;

/**
 * The readiness report: the last result of every proof.
 *
 * @param at when it was made
 * @param drills the last drill of each proof that has been drilled
 * @param waiting the claims that have not been drilled yet
 */
public record Report(Instant at, List<Drill> drills, List<Claim> waiting) {

    /** Copies the lists. */
    public Report {
        drills = List.copyOf(drills);
        waiting = List.copyOf(waiting);
    }

    /** Counts the applicable drills with this verdict. */
    public long count(Verdict verdict) {
        return drills.stream()
                .filter(drill -> drill.verdict() == verdict && drill.finding().applicable())
                .count();
    }

    /** Counts the proofs that apply: all but those that need a part that is not configured. */
    public long applicable() {
        return drills.stream().filter(drill -> drill.finding().applicable()).count() + waiting.size();
    }

    /** Counts the proofs that need a part that is not configured. */
    public long notConfigured() {
        return drills.stream().filter(drill -> !drill.finding().applicable()).count();
    }

    /** The percentage of applicable proofs that hold, rounded down, so 100 means all. 0 if none is applicable. */
    public int score() {
        return applicable() == 0 ? 0 : (int) (100 * count(Verdict.HELD) / applicable());
    }

    /** No proof is broken. */
    public boolean isUnbroken() {
        return count(Verdict.BROKEN) == 0;
    }

    /** Lists the drills of one area, in the order of their ids. */
    public List<Drill> of(Area area) {
        return drills.stream().filter(drill -> drill.claim().area() == area).toList();
    }
}
