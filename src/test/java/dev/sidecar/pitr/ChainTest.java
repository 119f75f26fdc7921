package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.pitr.LiveCluster.Archiver;
import dev.sidecar.pitr.LiveCluster.Markers;
import dev.sidecar.pitr.RecoveryResults.Failed;
import dev.sidecar.pitr.RecoveryResults.Tried;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.support.BoundSettings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which moments sets and WAL lead to. Each segment is archived a minute after the one before it. */
class ChainTest {

    private static final long SIZE = 16L << 20;
    private static final Instant START = Instant.parse("2026-11-27T00:00:00Z");

    private static final Tried NONE = new Tried(List.of(), List.of(), "-");

    private final NavigableMap<Segment, Instant> archived = new TreeMap<>();
    private List<Lineage> timelines;
    private List<Long> unknown = List.of();

    @BeforeEach
    void firstTimeline() {
        timelines = List.of(Lineage.first());
    }

    private static Instant minute(long minute) {
        return START.plusSeconds(60 * minute);
    }

    private void archive(long timeline, long from, long to) {
        for (long number = from; number <= to; number++) {
            archived.put(Segment.of(timeline, number, SIZE), minute(number));
        }
    }

    private static PhysicalSet set(long timeline, long first, long last) {
        return set(timeline, first, last, false);
    }

    private static PhysicalSet set(long timeline, long first, long last, boolean damaged) {
        return new PhysicalSet(
                "20261127-000000F",
                PhysicalSet.Type.FULL,
                minute(first),
                minute(last),
                Segment.of(timeline, first, SIZE),
                Segment.of(timeline, last, SIZE),
                last * SIZE + 0x100,
                "15-1",
                15,
                1,
                1,
                List.of(),
                damaged);
    }

    private Chain chain(PhysicalSet... sets) {
        return Chain.of(
                new Repository.Contents(true, "1", 15, "15-1", List.of(sets), 0, archived, timelines, unknown), SIZE);
    }

    @Test
    void everyMomentFromTheSetToTheNewestWalCanBeRecovered() {
        // Over the end of a log of 256 segments.
        archive(1, 250, 270);

        Chain chain = chain(set(1, 251, 252));

        assertThat(chain.gaps()).isEmpty();
        assertThat(chain.spans()).containsExactly(new Span(minute(252).plusSeconds(1), minute(270)));
    }

    @Test
    void aGapEndsWhatASetLeadsToAndTheNextSetBeginsAnew() {
        archive(1, 10, 20);
        archive(1, 23, 40);

        Chain chain = chain(set(1, 10, 11), set(1, 30, 31));

        assertThat(chain.gaps()).hasSize(1);
        assertThat(chain.gaps().get(0).segments()).isEqualTo(2);
        assertThat(chain.gaps().get(0).sentence())
                .contains("2 segments, 000000010000000000000015 to 000000010000000000000016");
        assertThat(chain.spans())
                .containsExactly(
                        new Span(minute(11).plusSeconds(1), minute(20)),
                        new Span(minute(31).plusSeconds(1), minute(40)));
        assertThatThrownBy(() -> RecoveryPlan.of(RecoveryTarget.at(minute(25)), chain))
                .hasMessageContaining("lies in a gap")
                .hasMessageContaining(minute(20).toString());
    }

    @Test
    void aMomentInTheSecondOfTheNewestWalIsNotAfterIt() {
        archive(1, 10, 20);
        Chain chain = chain(set(1, 10, 11));

        assertThat(chain.to(minute(20).plusMillis(999))).isPresent();
        assertThat(chain.to(minute(20).plusSeconds(1))).isEmpty();
    }

    @Test
    void aMomentBeforeTheFirstAndAfterTheLastIsRefusedWithWhatThereIs() {
        archive(1, 10, 20);
        Chain chain = chain(set(1, 10, 11));

        assertThatThrownBy(() -> RecoveryPlan.of(RecoveryTarget.at(minute(5)), chain))
                .hasMessageContaining("is before the first moment that can be recovered, 2026-11-27T00:11:01Z")
                .hasMessageContaining("Compare the time zone");
        assertThatThrownBy(() -> RecoveryPlan.of(RecoveryTarget.at(minute(25)), chain))
                .hasMessageContaining("is after the last WAL that is archived, of 2026-11-27T00:20:00Z")
                .hasMessageContaining("--latest");
        assertThatThrownBy(() -> RecoveryPlan.of(RecoveryTarget.lsn("0/1"), chain))
                .hasMessageContaining("No set leads to position 0/1");
        assertThatThrownBy(() -> RecoveryPlan.of(RecoveryTarget.lsn("FFFFFFFF/FFFFFFFF"), chain))
                .hasMessageContaining("until position 0/15000000");
    }

    @Test
    void aSetWhoseOwnWalIsMissingLeadsNowhere() {
        archive(1, 10, 10);
        archive(1, 12, 20);

        Chain chain = chain(set(1, 10, 12));

        assertThat(chain.spans()).isEmpty();
        assertThat(chain.gaps()).hasSize(1);
        assertThatThrownBy(() -> RecoveryPlan.of(RecoveryTarget.LATEST, chain))
                .hasMessageContaining("there is no set with its WAL");
    }

    /** Timeline 2 left 1 in segment 15; 1 went on until 18 and was given up. */
    @Test
    void recoveryFollowsTheNewestTimeline() {
        archive(1, 10, 18);
        archive(2, 15, 25);
        timelines = List.of(
                Lineage.first(), Lineage.parse(2, "1\t0/F000100\tno recovery target specified\n", 10, minute(19)));

        Chain chain = chain(set(1, 10, 11), set(2, 20, 21));

        assertThat(chain.gaps()).isEmpty();
        assertThat(chain.reaches()).allSatisfy(reach -> assertThat(reach.last()).contains(Segment.of(2, 25, SIZE)));
    }

    /** The server's clock was an hour ahead in segment 12, and set back after it. */
    @Test
    void aRecoveryThatStopsAtATransactionOfAClockThatWasAheadIsToldToBeEarly() {
        archive(1, 10, 20);
        RecoveryPlan plan = RecoveryPlan.of(RecoveryTarget.at(minute(18)), chain(set(1, 10, 11)));
        Instant stopped = RecoveryLog.stoppedAt("""
                        2026-11-27 02:00:00.627 UTC [1] LOG:  recovery stopping before commit of transaction 7, time 2026-11-27 00:01:00+00
                        2026-11-27 02:00:00.627 UTC [1] LOG:  recovery stopping before commit of transaction 742, time 2026-11-27 01:12:30.764329+00
                        """).orElseThrow();
        assertThat(stopped).isEqualTo(minute(72).plusSeconds(30).plusNanos(764_329_000));

        assertThat(plan.stoppedTooEarly(stopped, 12 * SIZE + 100))
                .hasValueSatisfying(warning -> assertThat(warning)
                        .contains("at a transaction of 2026-11-27T01:12:30.764329Z")
                        .contains("archived at 2026-11-27T00:20:00Z")
                        .contains("clock of the database's host was set back"));
        // The next transaction of an idle server: nothing follows it that was archived before.
        assertThat(plan.stoppedTooEarly(minute(19), 19 * SIZE)).isEmpty();
        assertThat(RecoveryLog.stoppedAt("recovery stopping before commit of transaction 7, time infinity"))
                .isEmpty();
    }

    /** A copy of the cluster that was promoted with our archive_command: it has the same system identifier. */
    @Test
    void aTimelineThatTheServerIsNotOnIsOfAnotherServer() {
        archive(1, 10, 25);
        archive(2, 15, 25);
        timelines = List.of(Lineage.first(), second("0/F000100"));

        assertThat(problems(2)).noneMatch(problem -> problem.contains("another server archives"));
        assertThat(problems(0)).noneMatch(problem -> problem.contains("another server archives"));
        assertThat(problems(1))
                .anyMatch(problem -> problem.contains("WAL of timeline 2, and the server writes timeline 1")
                        && problem.contains("names that begin with 00000002"));
    }

    private List<String> problems(long timelineOfServer) {
        Chain chain = chain(set(1, 10, 11));
        return new ChainJudgement(
                        BoundSettings.of("sidecar.pitr", Map.of("results-file", "-"), PitrProperties.class), minute(26))
                .of(
                        chain.contents(),
                        chain,
                        new Archiver(true, false, 0, 0, SIZE, "1", timelineOfServer, 15),
                        new ArrayList<>(),
                        new ChainJudgement.Seen(0, -1, Optional.empty(), List.of()))
                .problems();
    }

    /** Who chose the moment of a recovery in place wrongly asks for one that only the timeline before has. */
    @Test
    void aMomentBeforeTheRecoveryInPlaceIsOfTheTimelineThatItLeft() {
        archive(1, 10, 18);
        for (long number = 15; number <= 25; number++) {
            archived.put(Segment.of(2, number, SIZE), minute(number + 5));
        }
        timelines = List.of(
                Lineage.first(), Lineage.parse(2, "1\t0/F000100\tbefore 2026-11-27 00:15:10+00\n", 10, minute(19)));
        Chain chain = chain(set(1, 10, 11));

        assertThat(RecoveryPlan.of(RecoveryTarget.at(minute(17)), chain).timeline())
                .isEqualTo(1);
        assertThat(RecoveryPlan.of(RecoveryTarget.at(minute(21)), chain).timeline())
                .isEqualTo(2);
        assertThat(RecoveryPlan.of(RecoveryTarget.LATEST, chain).timeline()).isEqualTo(2);
    }

    /** A second set was being taken at the moment that a recovery in place chose: its end is of the past that this gave up. */
    @Test
    void aSetThatWasCompleteAfterTheNextTimelineBeganLeadsToTheOneThatItIsOf() {
        archive(1, 10, 18);
        for (long number = 15; number <= 25; number++) {
            archived.put(Segment.of(2, number, SIZE), minute(number + 5));
        }
        timelines = List.of(Lineage.first(), second("0/F0000FF"));
        PhysicalSet abandoned = set(1, 14, 15);

        Chain chain = chain(set(1, 10, 11), abandoned);

        assertThat(RecoveryPlan.of(RecoveryTarget.LATEST, chain).reach().set().lastWal())
                .isEqualTo(Segment.of(1, 11, SIZE));
        assertThat(RecoveryPlan.of(RecoveryTarget.lsn("0/11000000"), chain).timeline())
                .isEqualTo(2);
        assertThat(RecoveryDrill.choose(
                                chain,
                                new Markers(UUID.randomUUID(), minute(29), 17 * SIZE + 10, 17 * SIZE + 20),
                                SIZE,
                                NONE)
                        .set()
                        .lastWal())
                .isEqualTo(Segment.of(1, 11, SIZE));
        RecoveryPlan given = RecoveryPlan.of(RecoveryTarget.at(minute(17)), chain);
        assertThat(given.timeline()).isEqualTo(1);
        assertThat(given.reach().set()).isEqualTo(abandoned);

        timelines = List.of(Lineage.first(), second("0/F000100"));
        assertThat(RecoveryPlan.of(RecoveryTarget.LATEST, chain(set(1, 10, 11), abandoned))
                        .reach()
                        .set())
                .isEqualTo(abandoned);
    }

    private static Lineage second(String fork) {
        return Lineage.parse(2, "1\t" + fork + "\tbefore 2026-11-27 00:15:10+00\n", 10, minute(19));
    }

    @Test
    void theNewestSetIsTheFastestWayToTheEnd() {
        archive(1, 10, 20);

        assertThat(RecoveryPlan.of(RecoveryTarget.LATEST, chain(set(1, 10, 11), set(1, 14, 15)))
                        .segments())
                .isEqualTo(7);
    }

    @Test
    void aSetWithDamagedPagesIsTakenOnlyWhereNoOtherLeadsThere() {
        archive(1, 10, 20);
        PhysicalSet whole = set(1, 10, 11);
        PhysicalSet damaged = set(1, 14, 15, true);

        Chain chain = chain(whole, damaged);

        assertThat(chain.to(minute(17)).orElseThrow().set()).isEqualTo(whole);
        assertThat(chain.newest().orElseThrow().set()).isEqualTo(whole);
        assertThat(chain(damaged).newest().orElseThrow().set()).isEqualTo(damaged);
    }

    /** Timeline 2 left 1 and was given up as well: 3 left 1, too, and 4 left 3. Each was begun two minutes after the last WAL before it. */
    @Test
    void aMomentIsOfTheTimelineThatTheServerWasOnThen() {
        archive(1, 10, 18);
        for (long number = 15; number <= 20; number++) {
            archived.put(Segment.of(2, number, SIZE), minute(number + 10));
        }
        for (long number = 13; number <= 22; number++) {
            archived.put(Segment.of(3, number, SIZE), minute(number + 20));
        }
        for (long number = 20; number <= 25; number++) {
            archived.put(Segment.of(4, number, SIZE), minute(number + 30));
        }
        timelines = List.of(
                Lineage.first(),
                Lineage.parse(2, "1\t0/F000100\tone\n", 10, minute(20)),
                Lineage.parse(3, "1\t0/D000100\tone\n", 10, minute(32)),
                Lineage.parse(4, "1\t0/D000100\tone\n3\t0/14000100\tother\n", 10, minute(44)));
        PhysicalSet onSecond = new PhysicalSet(
                "20261127-000000F_20261127-002800I",
                PhysicalSet.Type.INCREMENTAL,
                minute(27),
                minute(28),
                Segment.of(2, 17, SIZE),
                Segment.of(2, 18, SIZE),
                18 * SIZE + 0x100,
                "15-1",
                15,
                1,
                1,
                List.of(),
                false);

        Chain chain = chain(set(1, 10, 11), onSecond);

        assertThat(List.of(17, 25, 29, 40, 50))
                .extracting(at -> plan(chain, at))
                .containsExactly("1 11", "2 11", "2 18", "3 11", "4 11");
        assertThat(RecoveryPlan.of(RecoveryTarget.LATEST, chain).timeline()).isEqualTo(4);
        assertThat(chain.spans())
                .containsExactly(
                        new Span(minute(11).plusSeconds(1), minute(18)),
                        new Span(minute(20), minute(30)),
                        new Span(minute(32), minute(42)),
                        new Span(minute(44), minute(55)));
        assertThatThrownBy(() -> RecoveryPlan.of(RecoveryTarget.at(minute(31)), chain))
                .hasMessageContaining("the server was being recovered")
                .hasMessageContaining(minute(30).toString())
                .hasMessageContaining("timeline 3 begins at " + minute(32));
    }

    private static String plan(Chain chain, int minute) {
        RecoveryPlan plan = RecoveryPlan.of(RecoveryTarget.at(minute(minute)), chain);
        return plan.timeline() + " " + plan.reach().set().lastWal().number(SIZE);
    }

    /** A standby took over from a server that never archived its last segment. */
    @Test
    void whatATimelineDidNotArchiveIsLookedForOnTheNext() {
        archive(1, 10, 14);
        for (long number = 15; number <= 25; number++) {
            archived.put(Segment.of(2, number, SIZE), minute(number + 5));
        }
        timelines = List.of(Lineage.first(), second("0/F000100"));

        Chain chain = chain(set(1, 10, 11));

        assertThat(plan(chain, 13)).isEqualTo("1 11");
        assertThat(plan(chain, 17)).isEqualTo("2 11");
        assertThat(chain.spans()).hasSize(1);
    }

    @Test
    void aTimelineWithoutItsWalIsAGap() {
        archive(1, 10, 18);
        archive(2, 17, 25);
        timelines = List.of(
                Lineage.first(), Lineage.parse(2, "1\t0/F000100\tno recovery target specified\n", 10, minute(19)));

        assertThat(chain(set(1, 10, 11)).gaps()).hasSize(1);
    }

    @Test
    void aHistoryThatCannotBeReadIsDamage() {
        assertThatThrownBy(() -> Lineage.parse(3, "nonsense\n", 10, START))
                .hasMessageContaining("history of timeline 3 in the WAL archive cannot be read");
    }

    @Test
    void walOfAnotherClusterIsNotOfTheChain() {
        archive(1, 10, 20);
        PhysicalSet older = new PhysicalSet(
                "20261126-000000F",
                PhysicalSet.Type.FULL,
                minute(1),
                minute(2),
                Segment.of(1, 1, SIZE),
                Segment.of(1, 2, SIZE),
                2 * SIZE + 0x100,
                "14-1",
                14,
                1,
                1,
                List.of(),
                false);

        assertThat(chain(older, set(1, 10, 11)).gaps()).isEmpty();
    }

    /** Sets are taken while drills run. */
    @Test
    void aDrillBeginsWithNoSetThatWasCompletedAfterItsMoment() {
        archive(1, 10, 20);
        Markers markers = new Markers(UUID.randomUUID(), minute(15), 14 * SIZE + 10, 14 * SIZE + 20);

        assertThat(RecoveryDrill.choose(chain(set(1, 10, 11), set(1, 14, 16)), markers, SIZE, NONE)
                        .set()
                        .lastWal())
                .isEqualTo(Segment.of(1, 11, SIZE));
        assertThatThrownBy(() -> RecoveryDrill.choose(chain(set(1, 14, 16)), markers, SIZE, NONE))
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNPROVEN))
                .hasMessageContaining("while the drill ran");
        assertThatThrownBy(() -> RecoveryDrill.choose(
                        chain(set(1, 10, 11)),
                        new Markers(markers.drill(), minute(30), 30 * SIZE, 30 * SIZE),
                        SIZE,
                        NONE))
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.DAMAGED));
    }

    /** A history that was never archived, or that a copy of the repository lacks. */
    @Test
    void withoutTheHistoryOfTheNewestTimelineWhatWasBeforeIsStillRecovered() {
        archive(1, 10, 18);
        archive(2, 15, 25);
        unknown = List.of(2L);
        Chain chain = chain(set(1, 10, 11));

        assertThat(RecoveryPlan.of(RecoveryTarget.at(minute(15)), chain).timeline())
                .isEqualTo(1);
        assertThat(problems(2)).anyMatch(problem -> problem.contains("archive 00000002.history"));
        assertThatThrownBy(() -> RecoveryPlan.of(RecoveryTarget.LATEST, chain))
                .hasMessageContaining("The history of timeline 2 is missing");
        assertThatThrownBy(() -> RecoveryPlan.of(RecoveryTarget.at(minute(24)), chain))
                .hasMessageContaining("after the last WAL that can be recovered, of " + minute(18))
                .hasMessageContaining("The history of timeline 2 is missing");
        assertThatThrownBy(() -> RecoveryPlan.of(RecoveryTarget.at(minute(15)), chain()))
                .hasMessageContaining("The history of timeline 2 is missing");

        archive(3, 20, 30);
        timelines =
                List.of(Lineage.first(), Lineage.parse(3, "1\t0/F000100\tone\n2\t0/14000100\tother\n", 10, minute(29)));
        assertThat(RecoveryPlan.of(RecoveryTarget.LATEST, chain(set(1, 10, 11))).timeline())
                .isEqualTo(3);
        assertThat(problems(3)).noneMatch(problem -> problem.contains("history"));
    }

    /** Otherwise the one that fails is chosen each time, and nobody knows of the others. */
    @Test
    void afterASetThatFailedComesAnotherAndThenItAgain() {
        archive(1, 10, 30);
        PhysicalSet first = named("20261127-001000F", 10);
        PhysicalSet second = named("20261127-001200F", 12);
        PhysicalSet third = named("20261127-001400F_20261127-001600I", 16);
        Chain chain = chain(first, second, third);

        assertThat(chosen(chain, List.of(), List.of(), "-")).isEqualTo(second);
        List<Failed> secondFailed = List.of(new Failed(second.label(), minute(20), "why"));
        assertThat(chosen(chain, List.of(), secondFailed, second.label())).isEqualTo(third);
        assertThat(chosen(chain, List.of(), secondFailed, third.label())).isEqualTo(first);
        assertThat(chosen(chain, List.of(first.label()), secondFailed, first.label()))
                .isEqualTo(second);
        assertThat(chosen(chain, List.of(first.label(), second.label()), List.of(), second.label()))
                .isEqualTo(third);
        List<Failed> all = List.of(
                new Failed(second.label(), minute(20), "why"),
                new Failed(third.label(), minute(21), "why"),
                new Failed(first.label(), minute(22), "why"));
        assertThat(chosen(chain, List.of(), all, first.label())).isEqualTo(second);
    }

    private static PhysicalSet named(String label, long first) {
        return new PhysicalSet(
                label,
                label.endsWith("I") ? PhysicalSet.Type.INCREMENTAL : PhysicalSet.Type.FULL,
                minute(first),
                minute(first + 1),
                Segment.of(1, first, SIZE),
                Segment.of(1, first + 1, SIZE),
                (first + 1) * SIZE + 0x100,
                "15-1",
                15,
                1,
                1,
                List.of(),
                false);
    }

    private static PhysicalSet chosen(Chain chain, List<String> proven, List<Failed> failed, String last) {
        Markers markers = new Markers(UUID.randomUUID(), minute(29), 29 * SIZE + 10, 29 * SIZE + 20);
        return RecoveryDrill.choose(chain, markers, SIZE, new Tried(proven, failed, last))
                .set();
    }

    /** Where the set with which it is the fastest cannot be read. */
    @Test
    void anOlderSetLeadsThereAsWell() {
        archive(1, 10, 30);
        PhysicalSet older = named("20261127-001000F", 10);
        PhysicalSet newer = named("20261127-001400F", 14);
        RecoveryPlan plan = RecoveryPlan.of(RecoveryTarget.at(minute(20)), chain(older, newer));

        assertThat(plan.reach().set()).isEqualTo(newer);
        assertThat(plan.older()).contains(older);
        assertThat(RecoveryPlan.of(RecoveryTarget.at(minute(13)), chain(older, newer))
                        .older())
                .isEmpty();
    }
}
