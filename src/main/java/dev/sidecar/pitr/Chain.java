package dev.sidecar.pitr;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What can be recovered: from each set on, as far as its WAL has no gap.
 *
 * @param reaches of the sets, oldest first
 * @param gaps in the WAL between the first that a set needs and the newest
 */
record Chain(List<Reach> reaches, List<Gap> gaps, long segmentBytes, Repository.Contents contents) {

    private static final int MOST_GAPS = 1_000;

    /**
     * How far one set leads.
     *
     * @param set where recovery begins
     * @param last the last segment that can be replayed; none if not even the set's own WAL is there
     * @param until when that segment was archived
     */
    record Reach(PhysicalSet set, Optional<Segment> last, Instant until) {

        boolean isUsable() {
            return last.isPresent();
        }

        /** Archives write down whole seconds. */
        boolean reaches(Instant moment) {
            return isUsable() && !moment.isBefore(set.reachable()) && moment.isBefore(until.plusSeconds(1));
        }
    }

    static Chain of(Repository.Contents contents, long segmentBytes) {
        return new Chain(
                reaches(contents, contents.lineage(), segmentBytes),
                gaps(contents, segmentBytes),
                segmentBytes,
                contents);
    }

    private static List<Reach> reaches(Repository.Contents contents, Lineage lineage, long size) {
        // Recovery begins with a set, so older WAL leads nowhere; and that of before an upgrade is not in this archive.
        return contents.sets().stream()
                .filter(set -> set.archive().equals(contents.archive()))
                .map(set -> reach(set, contents, lineage, size))
                .toList();
    }

    private static Reach reach(PhysicalSet set, Repository.Contents contents, Lineage lineage, long size) {
        Segment last = null;
        boolean onTheWay = lineage.includes(set.lastWal(), size);
        for (long number = set.firstWal().number(size); ; number++) {
            Segment next = Segment.of(
                    onTheWay ? lineage.timelineOf(number, size) : set.lastWal().timeline(), number, size);
            if (!contents.archived().containsKey(next)) {
                break;
            }
            last = next;
        }
        if (last == null || last.number(size) < set.lastWal().number(size)) {
            return new Reach(set, Optional.empty(), set.reachable());
        }
        Instant until = contents.archived().getOrDefault(last, set.reachable());
        return new Reach(set, Optional.of(last), until.isBefore(set.reachable()) ? set.reachable() : until);
    }

    private static List<Gap> gaps(Repository.Contents contents, long size) {
        Lineage lineage = contents.lineage();
        // With their own numbers, whatever timeline each is on.
        NavigableMap<Long, Instant> present = new TreeMap<>();
        contents.archived().forEach((segment, at) -> {
            long number = segment.number(size);
            if (lineage.timelineOf(number, size) == segment.timeline()) {
                present.put(number, at);
            }
        });
        Optional<Long> first = contents.sets().stream()
                .filter(set -> set.archive().equals(contents.archive()) && lineage.includes(set.lastWal(), size))
                .map(set -> set.firstWal().number(size))
                .min(Comparator.naturalOrder());
        List<Gap> gaps = new ArrayList<>();
        if (first.isEmpty() || present.isEmpty()) {
            return gaps;
        }
        long expected = first.get();
        Instant before = null;
        for (var segment : present.tailMap(expected, true).entrySet()) {
            if (segment.getKey() > expected && gaps.size() < MOST_GAPS) {
                long last = segment.getKey() - 1;
                gaps.add(new Gap(
                        Segment.of(lineage.timelineOf(expected, size), expected, size),
                        Segment.of(lineage.timelineOf(last, size), last, size),
                        segment.getKey() - expected,
                        before == null ? segment.getValue() : before,
                        segment.getValue()));
            }
            expected = segment.getKey() + 1;
            before = segment.getValue();
        }
        return List.copyOf(gaps);
    }

    /** The one that leads to the newest moment. */
    Optional<Reach> newest() {
        return reaches.stream().filter(Reach::isUsable).max(Comparator.comparing(Reach::until));
    }

    /**
     * The set from which a moment is recovered the fastest. After a recovery in place, a moment between the one that was chosen and the
     * recovery itself is of the timeline that was left: the newest one would bring the chosen moment once more.
     */
    Optional<Reach> to(Instant moment) {
        Lineage then = contents.lineage().at(moment);
        return fastest(moment, reaches(contents, then, segmentBytes)).or(() -> fastest(moment, reaches));
    }

    private static Optional<Reach> fastest(Instant moment, List<Reach> reaches) {
        return reaches.stream()
                .filter(reach -> reach.reaches(moment))
                .max(Comparator.comparing(reach -> reach.set().stopped()));
    }

    /** The spans of moments that can be recovered, oldest first, those that touch made one. */
    List<Span> spans() {
        List<Span> spans = new ArrayList<>();
        reaches.stream()
                .filter(Reach::isUsable)
                .map(reach -> new Span(reach.set().reachable(), reach.until()))
                .sorted(Comparator.comparing(Span::from))
                .forEach(span -> {
                    Span last = spans.isEmpty() ? null : spans.get(spans.size() - 1);
                    if (last != null && !span.from().isAfter(last.to())) {
                        spans.set(
                                spans.size() - 1,
                                new Span(last.from(), span.to().isAfter(last.to()) ? span.to() : last.to()));
                    } else {
                        spans.add(span);
                    }
                });
        return List.copyOf(spans);
    }
}
