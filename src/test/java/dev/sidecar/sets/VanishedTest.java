package dev.sidecar.sets;

import static dev.sidecar.sets.Generation.DAILY;
import static dev.sidecar.sets.Generation.MANUAL;
import static dev.sidecar.sets.Generation.WEEKLY;
import static dev.sidecar.sets.SampleBackups.published;
import static dev.sidecar.sets.SampleBackups.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.sets.BackupEvent.Type;
import dev.sidecar.sets.Catalogue.Listing;
import dev.sidecar.support.MutableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VanishedTest {

    private static final int KEEP = 3;

    private final MutableClock clock = new MutableClock("2026-11-23T12:00:00Z");
    /** The newest first. */
    private final List<Backup> nights = new ArrayList<>();

    @TempDir
    private Path folder;

    private Vanished vanished;

    @BeforeEach
    void threeNights() {
        for (int night = 0; night < KEEP; night++) {
            nights.add(night("shop", DAILY, night));
        }
        vanished = vanished();
    }

    @Test
    void nothingIsMissedAtTheFirstLookNorWhileAllIsThere() {
        assertThat(look(nights)).isEqualTo(Map.of("local", 0));
        assertThat(look(nights)).isEqualTo(Map.of("local", 0));
    }

    @Test
    void whatIsDeletedBeforeItsTimeIsMissedWhicheverItIs() {
        for (Backup deleted : nights) {
            vanished = new Vanished("", generation -> KEEP, clock);
            look(nights);
            assertThat(look(without(deleted))).as(deleted.id().toString()).isEqualTo(Map.of("local", 1));
        }
        assertThat(look(List.of())).as("the whole store").isEqualTo(Map.of("local", KEEP));
    }

    @Test
    void whatExpiredIsNotMissed() {
        nights.add(0, published("shop", DAILY, "2026-11-24T02:00:00Z"));
        look(nights);

        assertThat(look(nights.subList(0, KEEP))).isEqualTo(Map.of("local", 0));
    }

    @Test
    void newerOnesOfAnotherDatabaseOrGenerationDoNotMakeItExpire() {
        List<Backup> others = new ArrayList<>(nights);
        for (int night = 0; night < KEEP; night++) {
            others.add(published("crm", DAILY, "2026-11-24T0" + night + ":00:00Z"));
            others.add(published("shop", WEEKLY, "2026-11-24T0" + night + ":00:00Z"));
        }
        look(others);
        Backup newest = others.remove(0);

        assertThat(newest.id().database()).isEqualTo("shop");
        assertThat(look(others)).isEqualTo(Map.of("local", 1));
    }

    @Test
    void whatWasTakenOnDemandMayBeDeletedUnlessItIsPinned() {
        Backup before = night("shop", MANUAL, 9);
        Backup pinned = with(night("shop", DAILY, 9), Type.PINNED);
        look(Stream.concat(nights.stream(), Stream.of(before, pinned)).toList());

        assertThat(look(Stream.concat(nights.stream(), Stream.of(pinned)).toList()))
                .isEqualTo(Map.of("local", 0));
        assertThat(look(nights)).as("pinned, and older than all that are kept").isEqualTo(Map.of("local", 1));
    }

    @Test
    void whatComesBackIsNotMissedAnyMore() {
        look(nights);
        assertThat(look(without(nights.get(1)))).isEqualTo(Map.of("local", 1));

        assertThat(look(nights)).isEqualTo(Map.of("local", 0));
    }

    /** Nobody can bring it back by waiting. */
    @Test
    void itIsToldForADay() {
        look(nights);
        look(without(nights.get(1)));
        clock.tick(Duration.ofHours(23));
        assertThat(look(without(nights.get(1)))).isEqualTo(Map.of("local", 1));

        clock.tick(Duration.ofHours(1));
        assertThat(look(without(nights.get(1)))).isEqualTo(Map.of("local", 0));
        assertThat(look(without(nights.get(1)))).isEqualTo(Map.of("local", 0));
    }

    @Test
    void whatWasChangedIsToldAsRefusedAndIsNotMissedWhenItIsDeletedThen() {
        Backup changed = nights.get(1);
        RefusedSet refused =
                new RefusedSet(changed.id().toString(), "local", RefusedSet.Reason.CHANGED, "it was changed");
        look(nights);

        assertThat(vanished.look(new Listing(without(changed), List.of(refused), Set.of("local")), Set.of()))
                .isEqualTo(Map.of("local", 0));
        assertThat(look(without(changed))).isEqualTo(Map.of("local", 0));
    }

    @Test
    void backupsOfAForgottenDatabaseMayGo() {
        look(nights);
        assertThat(vanished.look(new Listing(nights, List.of(), Set.of("local")), Set.of("shop")))
                .isEqualTo(Map.of("local", 0));

        assertThat(look(List.of())).isEqualTo(Map.of("local", 0));
    }

    @Test
    void aStoreThatDoesNotAnswerHasLostNothing() {
        look(nights);

        assertThat(vanished.look(new Listing(List.of(), List.of(), Set.of()), Set.of()))
                .isEmpty();
        assertThat(look(without(nights.get(2)))).isEqualTo(Map.of("local", 1));
    }

    @Test
    void whatIsDeletedWhileTheSidecarIsAwayIsMissedWhenItIsBack() {
        look(nights);

        vanished = vanished();
        assertThat(look(without(nights.get(1)))).isEqualTo(Map.of("local", 1));
        vanished = vanished();
        assertThat(look(without(nights.get(1))))
                .as("and still after the next start")
                .isEqualTo(Map.of("local", 1));
    }

    @Test
    void aListThatCannotBeReadMissesNothing() throws IOException {
        look(nights);
        for (String content : List.of("{", "{}", "{\"stores\":{\"local\":{\"../../etc\":{\"pinned\":true}}}}")) {
            Files.writeString(folder.resolve("seen.json"), content);
            vanished = vanished();
            assertThat(look(List.of())).as(content).isEqualTo(Map.of("local", 0));
        }
    }

    private Vanished vanished() {
        return new Vanished(folder.resolve("seen.json").toString(), generation -> KEEP, clock);
    }

    private Map<String, Integer> look(List<Backup> backups) {
        return vanished.look(new Listing(backups, List.of(), Set.of("local")), Set.of());
    }

    private List<Backup> without(Backup deleted) {
        return nights.stream().filter(night -> !night.equals(deleted)).toList();
    }

    private static Backup night(String database, Generation generation, int before) {
        return published(database, generation, LocalDate.of(2026, 11, 23).minusDays(before) + "T02:00:00Z");
    }
}
