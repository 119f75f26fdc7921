package dev.sidecar.pitr;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The timelines that lead to the newest: recovery follows them, and WAL of others is of a past that was given up.
 *
 * @param forks oldest first
 * @param newest the timeline they lead to
 * @param begun when that one began; the distant past if it is not known
 */
record Lineage(List<Fork> forks, long newest, Instant begun) {

    private static final Pattern LINE = Pattern.compile("\\s*(\\d{1,10})\\s+([0-9A-F]{1,8})/([0-9A-F]{1,8})\\b.*");

    /**
     * The end of a timeline.
     *
     * @param timeline that was left
     * @param lsn at which the next one began
     */
    record Fork(long timeline, long lsn) {}

    static Lineage first() {
        return new Lineage(List.of(), 1, Instant.MIN);
    }

    /** Reads the history file of a timeline. @param begun when the timeline began, by when its history was archived */
    static Lineage parse(long timeline, String history, int most, Instant begun) {
        List<Fork> forks = new ArrayList<>();
        history.lines().limit(most).forEach(line -> {
            Matcher fork = LINE.matcher(line);
            if (fork.matches()) {
                forks.add(new Fork(
                        Long.parseLong(fork.group(1)), Segment.hex(fork.group(2)) << 32 | Segment.hex(fork.group(3))));
            }
        });
        if (forks.isEmpty()) {
            throw new BackupFailure(
                    Reason.DAMAGED,
                    "The history of timeline %d in the WAL archive cannot be read.".formatted(timeline));
        }
        return new Lineage(List.copyOf(forks), timeline, begun);
    }

    /** The timeline on which recovery looks for the segment of this number. @param size bytes of each segment */
    long timelineOf(long number, long size) {
        long found = forks.isEmpty() ? newest : forks.get(0).timeline();
        for (int i = 0; i < forks.size(); i++) {
            if (forks.get(i).lsn() / size <= number) {
                found = i + 1 < forks.size() ? forks.get(i + 1).timeline() : newest;
            }
        }
        return found;
    }

    /**
     * Tells whether a set leads to the newest timeline. One that was complete only after the next timeline began does not: its last record
     * is on the way that was given up, even if that is in the segment in which the next one began.
     */
    boolean includes(PhysicalSet set) {
        long timeline = set.lastWal().timeline();
        return timeline == newest
                || forks.stream().anyMatch(fork -> fork.timeline() == timeline && set.lastLsn() <= fork.lsn());
    }

    /** Where a timeline was left on this way; empty for the newest, and for one that is not on it. */
    Optional<Fork> end(long timeline) {
        return forks.stream().filter(fork -> fork.timeline() == timeline).findFirst();
    }
}
