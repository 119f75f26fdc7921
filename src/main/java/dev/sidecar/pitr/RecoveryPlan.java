package dev.sidecar.pitr;

import dev.sidecar.pitr.Chain.Reach;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * With which set a recovery begins.
 *
 * @param target how far it goes
 * @param reach the set, and how far it leads
 * @param segments of WAL that are replayed at most
 * @param chain that it is of
 */
record RecoveryPlan(RecoveryTarget target, Reach reach, long segments, Chain chain) {

    /** Clocks of two hosts differ. */
    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(5);

    /** PostgreSQL's default of max_wal_size. */
    private static final long MOST_WAL = 1L << 30;

    /** @throws BackupFailure that says why nothing leads there, and what can be recovered */
    static RecoveryPlan of(RecoveryTarget target, Chain chain) {
        if (target.equals(RecoveryTarget.LATEST)) {
            chain.contents().requireNewest();
        }
        if (chain.spans().isEmpty()) {
            throw new BackupFailure(
                    Reason.NOT_FOUND,
                    "Nothing can be recovered: there is no set with its WAL. "
                            + chain.contents()
                                    .lost()
                                    .or(chain.contents()::earlier)
                                    .orElse("Look at 'sidecar pitr'."));
        }
        Reach reach = target.moment()
                .map(moment -> chain.to(moment).orElseThrow(() -> unreachable(moment, chain)))
                .or(() -> target.lsn().map(lsn -> toLsn(lsn, chain)))
                .or(chain::newest)
                .orElseThrow();
        long size = chain.segmentBytes();
        long last = reach.last().orElse(reach.set().lastWal()).number(size);
        return new RecoveryPlan(target, reach, last - reach.set().firstWal().number(size) + 1, chain);
    }

    /** Room that it takes: the files, and the WAL that PostgreSQL keeps of what it replays. */
    long bytes() {
        return reach.set().bytes() + Math.min(segments * chain.segmentBytes(), MOST_WAL);
    }

    /** An older set that leads there as well, for when this one cannot be restored. */
    Optional<PhysicalSet> older() {
        try {
            return Optional.of(of(
                            target,
                            chain.without(
                                    set -> !set.stopped().isBefore(reach.set().stopped())))
                    .reach()
                    .set());
        } catch (BackupFailure e) {
            return Optional.empty();
        }
    }

    /** Position in the WAL at which the last segment begins that is replayed. */
    long lastBegins() {
        long size = chain.segmentBytes();
        return reach.last().orElse(reach.set().lastWal()).number(size) * size;
    }

    /**
     * Says for a person that a recovery stopped too early: it stops at the first transaction that is later than the moment, and where the
     * clock was set back, others follow it in the WAL that are earlier. They were archived before that transaction's time.
     *
     * @param later time of the transaction at which it stopped
     * @param position at which it stopped
     */
    Optional<String> stoppedTooEarly(Instant later, long position) {
        long size = chain.segmentBytes();
        long from = position / size;
        return chain.contents().archived().entrySet().stream()
                .filter(archived -> archived.getKey().timeline() == timeline()
                        && archived.getKey().number(size) >= from
                        && archived.getValue().plus(CLOCKS_DIFFER).isBefore(later))
                .map(Map.Entry::getValue)
                .max(Comparator.naturalOrder())
                .map(archived ->
                        "WARNING: it stopped too early, at a transaction of %s, while WAL that follows it was archived at %s: the clock of the database's host was set back in between. What was written after that is missing here: recover with --latest, or to a position with --to-lsn."
                                .formatted(later, archived));
    }

    /** The timeline to follow. */
    long timeline() {
        return reach.last().orElse(reach.set().lastWal()).timeline();
    }

    private static Reach toLsn(long lsn, Chain chain) {
        long size = chain.segmentBytes();
        return chain.reaches().stream()
                .filter(reach -> reach.isUsable() && chain.isOnTheWay(reach))
                .filter(reach -> reach.set().lastWal().number(size) < lsn / size
                        && reach.last().orElseThrow().number(size) >= (lsn - 1) / size)
                .max(Chain.FASTEST)
                .orElseThrow(() -> new BackupFailure(
                        Reason.NOT_FOUND,
                        "No set leads to position %s of the WAL: it is before the first set, in a gap, or not archived yet. The archive has WAL until position %s; 'sidecar pitr' shows what can be recovered."
                                .formatted(RecoveryTarget.written(lsn), end(chain))));
    }

    private static String end(Chain chain) {
        return chain.newest()
                .flatMap(Reach::last)
                .map(last -> RecoveryTarget.written((last.number(chain.segmentBytes()) + 1) * chain.segmentBytes()))
                .orElse("0/0");
    }

    private static BackupFailure unreachable(Instant moment, Chain chain) {
        List<Span> spans = chain.spans();
        Span first = spans.get(0);
        Span last = spans.get(spans.size() - 1);
        if (moment.isBefore(first.from())) {
            return new BackupFailure(
                    Reason.NOT_FOUND,
                    "%s is before the first moment that can be recovered, %s, when the oldest set was complete. Compare the time zone; an older logical backup may have it ('sidecar list').%s"
                            .formatted(
                                    moment,
                                    first.from(),
                                    chain.contents()
                                            .earlier()
                                            .map(why -> " " + why)
                                            .orElse("")));
        }
        if (moment.isAfter(last.to())) {
            return new BackupFailure(
                    Reason.NOT_FOUND,
                    chain.contents()
                            .lost()
                            .map(why -> "%s is after the last WAL that can be recovered, of %s. %s"
                                    .formatted(moment, last.to(), why))
                            .orElseGet(() ->
                                    "%s is after the last WAL that is archived, of %s. Compare the time zone; --latest recovers all that there is."
                                            .formatted(moment, last.to())));
        }
        Span before = spans.stream()
                .filter(span -> span.to().isBefore(moment))
                .max(Comparator.comparing(Span::to))
                .orElse(first);
        Span after = spans.stream()
                .filter(span -> span.from().isAfter(moment))
                .min(Comparator.comparing(Span::from))
                .orElse(last);
        for (Lineage timeline : chain.contents().timelines()) {
            if (timeline.begun().equals(after.from())) {
                return new BackupFailure(
                        Reason.NOT_FOUND,
                        "At %s the server was being recovered: its last WAL before that is of %s, and timeline %d begins at %s. Take a moment until the first or from the second on."
                                .formatted(moment, before.to(), timeline.newest(), after.from()));
            }
        }
        return new BackupFailure(
                Reason.NOT_FOUND,
                "%s lies in a gap: WAL is missing. What can be recovered is until %s, and again from %s."
                        .formatted(moment, before.to(), after.from()));
    }
}
