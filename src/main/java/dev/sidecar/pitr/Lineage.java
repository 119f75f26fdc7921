package dev.sidecar.pitr;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The timelines that lead to the newest: recovery follows them, and WAL of others is of a past that was given up.
 *
 * @param forks oldest first
 * @param newest the timeline they lead to
 */
record Lineage(List<Fork> forks, long newest) {

    private static final Pattern LINE = Pattern.compile("\\s*(\\d{1,10})\\s+([0-9A-F]{1,8})/([0-9A-F]{1,8})\\b.*");

    /**
     * The end of a timeline.
     *
     * @param timeline that was left
     * @param lsn at which the next one began
     * @param left when that was; the distant past if it is not known
     */
    record Fork(long timeline, long lsn, Instant left) {}

    static Lineage first() {
        return new Lineage(List.of(), 1);
    }

    /** Reads the history file of a timeline. @param begun when each timeline began, by when its history was archived */
    static Lineage parse(long timeline, String history, int most, Map<Long, Instant> begun) {
        List<Fork> forks = new ArrayList<>();
        history.lines().limit(most).forEach(line -> {
            Matcher fork = LINE.matcher(line);
            if (fork.matches()) {
                forks.add(new Fork(
                        Long.parseLong(fork.group(1)),
                        Segment.hex(fork.group(2)) << 32 | Segment.hex(fork.group(3)),
                        Instant.MIN));
            }
        });
        if (forks.isEmpty()) {
            throw new BackupFailure(
                    Reason.DAMAGED,
                    "The history of timeline %d in the WAL archive cannot be read.".formatted(timeline));
        }
        for (int i = 0; i < forks.size(); i++) {
            long next = i + 1 < forks.size() ? forks.get(i + 1).timeline() : timeline;
            forks.set(i, new Fork(forks.get(i).timeline(), forks.get(i).lsn(), begun.getOrDefault(next, Instant.MIN)));
        }
        return new Lineage(List.copyOf(forks), timeline);
    }

    /** The way that was the newest at a moment: what was written then may be of a past that a later recovery gave up. */
    Lineage at(Instant moment) {
        for (int i = 0; i < forks.size(); i++) {
            if (moment.isBefore(forks.get(i).left())) {
                return new Lineage(forks.subList(0, i), forks.get(i).timeline());
            }
        }
        return this;
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

    /** Tells whether a set that ended with this segment leads to the newest timeline. */
    boolean includes(Segment segment, long size) {
        return timelineOf(segment.number(size), size) == segment.timeline()
                // It ended in the segment in which the next timeline began.
                || forks.stream()
                        .anyMatch(fork ->
                                fork.timeline() == segment.timeline() && fork.lsn() / size == segment.number(size));
    }
}
