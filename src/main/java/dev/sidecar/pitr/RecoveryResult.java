package dev.sidecar.pitr;

import dev.sidecar.sets.CheckResult;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The result of a drill.
 *
 * @param at when it was run
 * @param set label of the set with which the recovery began
 * @param moment between the two markers
 * @param rpo age of the newest WAL that was archived when the drill began
 * @param rto time until the recovered server answered
 * @param segments of WAL that were replayed
 * @param problems why a recovery cannot be relied on; empty if it can
 * @param lines what was seen, each a sentence
 * @param checks what your own checks found
 */
public record RecoveryResult(
        Instant at,
        String set,
        Instant moment,
        Duration rpo,
        Duration rto,
        long segments,
        List<String> problems,
        List<String> lines,
        List<CheckResult> checks) {

    /** Copies. */
    public RecoveryResult {
        problems = List.copyOf(problems);
        lines = List.copyOf(lines);
        checks = List.copyOf(checks);
    }

    /** Tells whether all held: what was written before is there, what was written after is not, and your own checks held. */
    public boolean held() {
        return problems.isEmpty() && checks.stream().allMatch(CheckResult::held);
    }

    /** Says in sentences why it did not hold: the problems, and the checks of your own that failed. Empty if it held. */
    public String wrong() {
        return Stream.concat(
                        problems.stream(),
                        checks.stream().filter(check -> !check.held()).map(CheckResult::sentence))
                .collect(Collectors.joining(" "));
    }
}
