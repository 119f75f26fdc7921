package dev.sidecar.proofs;

import java.time.Instant;
import java.util.List;

/**
 * The readiness report: what was seen to work, what was seen not to, and what could not be seen.
 *
 * @param at when it was written
 * @param drills the last drill of each proof that was drilled yet
 * @param waiting the claims that were not drilled yet
 */
public record Report(Instant at, List<Drill> drills, List<Claim> waiting) {

    /** Copies the lists. */
    public Report {
        drills = List.copyOf(drills);
        waiting = List.copyOf(waiting);
    }

    /** Drills that ended so. */
    public long count(Verdict verdict) {
        return drills.stream()
                .filter(drill -> drill.verdict() == verdict && drill.finding().applicable())
                .count();
    }

    /** Proofs that count: those whose needs are configured, the ones not drilled yet among them. */
    public long applicable() {
        return drills.stream().filter(drill -> drill.finding().applicable()).count() + waiting.size();
    }

    /** Proofs that need something that is not configured. */
    public long notConfigured() {
        return drills.stream().filter(drill -> !drill.finding().applicable()).count();
    }

    /** Held per hundred applicable, rounded down: 100 is said only when every one holds. 0 if none is applicable. */
    public int score() {
        return applicable() == 0 ? 0 : (int) (100 * count(Verdict.HELD) / applicable());
    }

    /** Whether nothing is known to be broken. */
    public boolean isUnbroken() {
        return count(Verdict.BROKEN) == 0;
    }

    /** The drills of one area, in the order of their ids. */
    public List<Drill> of(Area area) {
        return drills.stream().filter(drill -> drill.claim().area() == area).toList();
    }
}
