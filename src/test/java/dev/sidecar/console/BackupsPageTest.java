package dev.sidecar.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.Generation;
import dev.sidecar.sets.SampleBackups;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BackupsPageTest {

    private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");

    private static Backup taken(String database, int hoursAgo, long bytes) {
        Instant at = NOW.minusSeconds(3600L * hoursAgo);
        return SampleBackups.published(database, Generation.DAILY, at, at, bytes);
    }

    private static List<BackupsPage.Group> groups(Backup... newestFirst) {
        List<BackupsPage.Row> rows = Stream.of(newestFirst)
                .map(backup -> BackupsPage.Row.of(backup, null, NOW))
                .toList();
        return new BackupsPage(null, List.of(), rows, List.of(), List.of(), List.of()).groups();
    }

    @Test
    void eachDatabaseSaysWhatWouldBeLostAndHowLongItTakes() {
        List<BackupsPage.Group> groups = groups(
                taken("app", 1, 500),
                SampleBackups.verified(taken("shop", 2, 1_000)),
                SampleBackups.verified(taken("app", 3, 700)));

        assertThat(groups)
                .extracting(BackupsPage.Group::database, BackupsPage.Group::size, BackupsPage.Group::promise)
                .containsExactly(
                        tuple(
                                "app",
                                "1.2 kB",
                                "If it failed now, you would lose the last 3 h of changes and have it back in about 30 s"
                                        + " (measured 3 h ago)."),
                        tuple(
                                "shop",
                                "1.0 kB",
                                "If it failed now, you would lose the last 2 h of changes and have it back in about 30 s"
                                        + " (measured 2 h ago)."));
        assertThat(groups(taken("app", 1, 500)).get(0).promise()).contains("recovery times are unknown");
    }

    @Test
    void sizesAreShownOldestFirstAndEachBackupOnceHoweverManyStoresHaveIt() {
        Backup newest = SampleBackups.verified(taken("app", 1, 2_000));
        Backup copy = new Backup(newest.manifest(), "bucket", List.of());

        SizeBars sizes = groups(newest, copy, taken("app", 2, 4_000), taken("app", 3, 0))
                .get(0)
                .sizes();

        assertThat(sizes.bars())
                .extracting(SizeBars.Bar::x, SizeBars.Bar::y, SizeBars.Bar::height, SizeBars.Bar::state)
                .containsExactly(tuple(0, 98, 2, "off"), tuple(1, 0, 100, "off"), tuple(2, 50, 50, "held"));
        assertThat(sizes.words()).isEqualTo("Stored size of the last 3 backups: from 0 B to 2.0 kB, at most 4.0 kB.");
        assertThat(sizes.bars().get(2).title()).isEqualTo("2026-11-28T11:00:00Z: 2.0 kB");
    }

    @Test
    void oneBackupIsNoHistoryAndOldOnesLeaveThePicture() {
        assertThat(groups(taken("app", 1, 2_000)).get(0).sizes().bars()).isEmpty();
        assertThat(groups(IntStream.range(0, 100)
                                .mapToObj(hour -> taken("app", hour, 5))
                                .toArray(Backup[]::new))
                        .get(0)
                        .sizes()
                        .bars())
                .hasSize(SizeBars.MOST)
                .last()
                .extracting(SizeBars.Bar::x, SizeBars.Bar::title)
                .containsExactly(SizeBars.MOST - 1, NOW + ": 5 B");
    }
}
