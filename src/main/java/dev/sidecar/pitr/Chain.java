package dev.sidecar.pitr;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The moments that can be recovered: from each set on, as far as its WAL has no gap.
 *
 * @param reaches of the sets, oldest first
 * @param gaps in the WAL between the first that a set needs and the newest
 */
record Chain(List<Reach> reaches, List<Gap> gaps, long segmentBytes, Repository.Contents contents) {

    private static final int MOST_GAPS = 1_000;
    /** Replay repairs what was damaged on disk after a set was taken, so that an older one without damage is worth its time. */
    static final Comparator<Reach> FASTEST = Comparator.<Reach, Boolean>comparing(
                    reach -> !reach.set().damaged())
            .thenComparing(reach -> reach.set().stopped());

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

    /** @param otherwise bytes of a segment, if no set tells them */
    static Chain of(Repository.Contents contents, long otherwise) {
        long segmentBytes = contents.segmentBytes(otherwise);
        return new Chain(
                contents.current().stream()
                        .map(set -> reach(set, contents, contents.lineage(), segmentBytes))
                        .toList(),
                gaps(contents, segmentBytes),
                segmentBytes,
                contents);
    }

    /** The same without some of its sets. */
    Chain without(Predicate<PhysicalSet> some) {
        List<PhysicalSet> sets = contents.sets().stream().filter(some.negate()).toList();
        return of(
                new Repository.Contents(
                        contents.exists(),
                        contents.systemId(),
                        contents.version(),
                        contents.archive(),
                        sets,
                        contents.walBytes(),
                        contents.archived(),
                        contents.timelines(),
                        contents.unknown()),
                segmentBytes);
    }

    /** How far the sets lead that are on a way; those that are of a past that it gave up are not among them. */
    private List<Reach> reaches(Lineage lineage) {
        // Recovery begins with a set, so older WAL leads nowhere; and that of before an upgrade is not in this archive.
        return contents.current().stream()
                .filter(lineage::includes)
                .map(set -> reach(set, contents, lineage, segmentBytes))
                .toList();
    }

    private static Reach reach(PhysicalSet set, Repository.Contents contents, Lineage lineage, long size) {
        Segment last = null;
        boolean onTheWay = lineage.includes(set);
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
        Optional<Long> first = contents.current().stream()
                .filter(lineage::includes)
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

    /** The fastest of those that lead to the newest moment; a set of a past that was given up does not, however far its WAL goes. */
    Optional<Reach> newest() {
        return reaches.stream()
                .filter(Reach::isUsable)
                .max(Comparator.comparing(this::isOnTheWay)
                        .thenComparing(Reach::until)
                        .thenComparing(FASTEST));
    }

    /** Tells whether a set was begun after a gap, and has its WAL: then the gap costs the moments in it, and no other. */
    boolean beginsAnewAfter(Gap gap) {
        long last = gap.last().number(segmentBytes);
        return reaches.stream()
                .anyMatch(reach -> reach.isUsable()
                        && isOnTheWay(reach)
                        && reach.set().firstWal().number(segmentBytes) > last);
    }

    /** Tells whether a set leads to the newest timeline, as far as its WAL goes. */
    boolean isOnTheWay(Reach reach) {
        return contents.lineage().includes(reach.set());
    }

    /**
     * The set from which a moment is recovered the fastest, on the timeline that the server was on then. Another one would bring the moment
     * at which it began instead, and nothing would tell.
     */
    Optional<Reach> to(Instant moment) {
        return waysAt(contents.timelineAt(moment)).stream()
                .flatMap(way -> fastest(moment, reaches(way)).stream())
                .findFirst();
    }

    /**
     * The ways on which a moment can be looked for at which the server was on a timeline. If that lost its last WAL, as in a crash, the
     * timelines after it have what was left.
     */
    private List<Lineage> waysAt(int at) {
        Lineage then = contents.timelines().get(at);
        boolean lost = contents.lineage()
                .end(then.newest())
                .filter(end -> !contents.archived()
                        .containsKey(Segment.of(then.newest(), end.lsn() / segmentBytes, segmentBytes)))
                .isPresent();
        return lost ? List.of(then, contents.lineage()) : List.of(then);
    }

    private static Optional<Reach> fastest(Instant moment, List<Reach> reaches) {
        return reaches.stream().filter(reach -> reach.reaches(moment)).max(FASTEST);
    }

    /** The spans of moments that can be recovered, oldest first, those that touch made one. */
    List<Span> spans() {
        List<Span> all = new ArrayList<>();
        for (int i = 0; i < contents.timelines().size(); i++) {
            Instant begun = contents.timelines().get(i).begun();
            Instant end = i + 1 < contents.timelines().size()
                    ? contents.timelines().get(i + 1).begun()
                    : Instant.MAX;
            for (Lineage way : waysAt(i)) {
                reaches(way).stream()
                        .filter(Reach::isUsable)
                        .map(reach -> new Span(
                                later(reach.set().reachable(), begun),
                                reach.until().isBefore(end) ? reach.until() : end))
                        .filter(span -> !span.from().isAfter(span.to()))
                        .forEach(all::add);
            }
        }
        return joined(all);
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    private static List<Span> joined(List<Span> all) {
        List<Span> spans = new ArrayList<>();
        all.sort(Comparator.comparing(Span::from));
        for (Span span : all) {
            Span last = spans.isEmpty() ? null : spans.get(spans.size() - 1);
            if (last != null && !span.from().isAfter(last.to())) {
                spans.set(spans.size() - 1, new Span(last.from(), later(span.to(), last.to())));
            } else {
                spans.add(span);
            }
        }
        return List.copyOf(spans);
    }
}
