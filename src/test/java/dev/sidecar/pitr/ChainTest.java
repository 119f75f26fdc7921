package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.pitr.LiveCluster.Markers;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which moments sets and WAL lead to. Each segment is archived a minute after the one before it. */
class ChainTest {

    private static final long SIZE = 16L << 20;
    private static final Instant START = Instant.parse("2026-11-27T00:00:00Z");

    private final NavigableMap<Segment, Instant> archived = new TreeMap<>();
    private Lineage lineage;

    @BeforeEach
    void firstTimeline() {
        lineage = Lineage.first();
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
        return new PhysicalSet(
                "20261127-000000F",
                PhysicalSet.Type.FULL,
                minute(first),
                minute(last),
                Segment.of(timeline, first, SIZE),
                Segment.of(timeline, last, SIZE),
                "15-1",
                15,
                1,
                1,
                List.of(),
                false);
    }

    private Chain chain(PhysicalSet... sets) {
        return Chain.of(new Repository.Contents(true, "1", "15-1", List.of(sets), 0, archived, lineage), SIZE);
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
        lineage = Lineage.parse(2, "1\t0/F000100\tno recovery target specified\n", 10, Map.of(2L, minute(19)));

        Chain chain = chain(set(1, 10, 11), set(2, 20, 21));

        assertThat(chain.gaps()).isEmpty();
        assertThat(chain.reaches()).allSatisfy(reach -> assertThat(reach.last()).contains(Segment.of(2, 25, SIZE)));
    }

    /** Who chose the moment of a recovery in place wrongly asks for one that only the timeline before has. */
    @Test
    void aMomentBeforeTheRecoveryInPlaceIsOfTheTimelineThatItLeft() {
        archive(1, 10, 18);
        for (long number = 15; number <= 25; number++) {
            archived.put(Segment.of(2, number, SIZE), minute(number + 5));
        }
        lineage = Lineage.parse(2, "1\t0/F000100\tbefore 2026-11-27 00:15:10+00\n", 10, Map.of(2L, minute(19)));
        Chain chain = chain(set(1, 10, 11));

        assertThat(RecoveryPlan.of(RecoveryTarget.at(minute(17)), chain).timeline())
                .isEqualTo(1);
        assertThat(RecoveryPlan.of(RecoveryTarget.at(minute(21)), chain).timeline())
                .isEqualTo(2);
        assertThat(RecoveryPlan.of(RecoveryTarget.LATEST, chain).timeline()).isEqualTo(2);
    }

    @Test
    void aTimelineWithoutItsWalIsAGap() {
        archive(1, 10, 18);
        archive(2, 17, 25);
        lineage = Lineage.parse(2, "1\t0/F000100\tno recovery target specified\n", 10, Map.of(2L, minute(19)));

        assertThat(chain(set(1, 10, 11)).gaps()).hasSize(1);
    }

    @Test
    void aHistoryThatCannotBeReadIsDamage() {
        assertThatThrownBy(() -> Lineage.parse(3, "nonsense\n", 10, Map.of()))
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

        assertThat(RecoveryDrill.choose(chain(set(1, 10, 11), set(1, 14, 16)), markers, SIZE, List.of())
                        .set()
                        .lastWal())
                .isEqualTo(Segment.of(1, 11, SIZE));
        assertThatThrownBy(() -> RecoveryDrill.choose(chain(set(1, 14, 16)), markers, SIZE, List.of()))
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNPROVEN))
                .hasMessageContaining("while the drill ran");
        assertThatThrownBy(() -> RecoveryDrill.choose(
                        chain(set(1, 10, 11)),
                        new Markers(markers.drill(), minute(30), 30 * SIZE, 30 * SIZE),
                        SIZE,
                        List.of()))
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.DAMAGED));
    }
}
