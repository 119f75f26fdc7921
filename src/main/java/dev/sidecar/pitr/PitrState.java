package dev.sidecar.pitr;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The state of the repository, the chain and the drills.
 *
 * @param at when it was looked at
 * @param sets oldest first
 * @param spans of moments that can be recovered, oldest first
 * @param gaps in the WAL
 * @param archived when the newest WAL was archived; empty if none was
 * @param failures of archiving since it last succeeded
 * @param walBytes of the server's pg_wal
 * @param repositoryBytes of sets and WAL
 * @param freeBytes left for the repository; negative if that is not known
 * @param drill the newest
 * @param problems why the chain cannot be relied on; empty if it can
 * @param lines what was seen, each a sentence
 */
public record PitrState(
        Instant at,
        List<PhysicalSet> sets,
        List<Span> spans,
        List<Gap> gaps,
        Optional<Instant> archived,
        long failures,
        long walBytes,
        long repositoryBytes,
        long freeBytes,
        Optional<RecoveryResult> drill,
        List<String> problems,
        List<String> lines) {

    /** Copies. */
    public PitrState {
        sets = List.copyOf(sets);
        spans = List.copyOf(spans);
        gaps = List.copyOf(gaps);
        problems = List.copyOf(problems);
        lines = List.copyOf(lines);
    }

    /** The newest set of a type. */
    public Optional<PhysicalSet> newest(PhysicalSet.Type type) {
        return sets.stream().filter(set -> set.type() == type).reduce((older, newer) -> newer);
    }
}
