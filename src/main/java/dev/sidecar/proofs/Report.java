package dev.sidecar.proofs;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The readiness report: the last result of every proof. Every proof counts: what is not set up, not drilled yet or left out is not
 * proven, and the score says so.
 *
 * @param at when it was made
 * @param drills the last drill of each proof that has been drilled
 * @param waiting the claims that have not been drilled yet
 * @param leftOut the proofs that the team has left out by name
 */
public record Report(Instant at, List<Drill> drills, List<Claim> waiting, List<LeftOut> leftOut) {

    /** Copies the lists. */
    public Report {
        drills = List.copyOf(drills);
        waiting = List.copyOf(waiting);
        leftOut = List.copyOf(leftOut);
    }

    /** Counts the proofs in this state. */
    public long count(ProofState state) {
        return switch (state) {
            case WAITING -> waiting.size();
            case LEFT_OUT -> leftOut.size();
            default -> drills.stream().filter(drill -> drill.state() == state).count();
        };
    }

    /** Counts all proofs. */
    public int total() {
        return drills.size() + waiting.size() + leftOut.size();
    }

    /** The percentage of all proofs that hold, rounded down, so that 100 means every proof of every area. */
    public int score() {
        return total() == 0 ? 0 : (int) (100 * count(ProofState.HELD) / total());
    }

    /** Every proof holds, but for those that are left out by name. */
    public boolean isComplete() {
        return count(ProofState.HELD) > 0 && count(ProofState.HELD) + leftOut.size() == total();
    }

    /** The counts as words: {@code 8 of 39 proven; 31 not set up}. */
    public String headline() {
        List<String> parts = new ArrayList<>();
        parts.add("%d of %d proven".formatted(count(ProofState.HELD), total()));
        for (ProofState state : ProofState.values()) {
            if (state != ProofState.HELD && count(state) > 0) {
                parts.add(count(state) + " " + state.word());
            }
        }
        return String.join("; ", parts);
    }

    /** Lists the drills of one area, in the order of their ids. */
    public List<Drill> of(Area area) {
        return drills.stream().filter(drill -> drill.claim().area() == area).toList();
    }

    /** Counts the proofs of one area in this state. */
    public long count(Area area, ProofState state) {
        return switch (state) {
            case WAITING ->
                waiting.stream().filter(claim -> claim.area() == area).count();
            case LEFT_OUT ->
                leftOut.stream().filter(out -> out.claim().area() == area).count();
            default -> of(area).stream().filter(drill -> drill.state() == state).count();
        };
    }
}
