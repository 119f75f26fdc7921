package dev.sidecar.backup;

import static dev.sidecar.sets.Generation.DAILY;
import static dev.sidecar.sets.SampleBackups.published;
import static dev.sidecar.sets.SampleBackups.verified;
import static dev.sidecar.sets.SampleBackups.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.jobs.Schedule;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupEvent;
import dev.sidecar.sets.BackupEvent.Type;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.SampleBackups;
import dev.sidecar.sets.TestSets;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.stores.LocalStore;
import dev.sidecar.stores.Store;
import dev.sidecar.stores.StoreThat;
import dev.sidecar.support.MutableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExpireTest {

    private static final Predicate<BackupId> NOT_IN_USE = id -> false;

    private final MutableClock clock = new MutableClock("2026-11-23T12:00:00Z");
    private final RetentionPolicy policy = new RetentionPolicy(
            Map.of(DAILY, 2),
            Map.of(DAILY, Schedule.cron("x", "0 0 2 * * *", ZoneOffset.UTC)),
            manifest -> VerificationLevel.L4,
            3);

    @TempDir
    private Path directory;

    private LocalStore local;
    private List<Backup> nights;

    @BeforeEach
    void fourNights() throws IOException {
        local = new LocalStore(directory.resolve("local"));
        nights = new ArrayList<>();
        for (int night = 0; night < 4; night++) {
            Backup backup = verified("shop", DAILY, LocalDate.of(2026, 11, 23).minusDays(night) + "T02:00:00Z");
            nights.add(backup);
            SampleBackups.store(backup, local);
        }
    }

    @Test
    void deletesWhatTheRetentionDoesNotKeepAndNothingElse() throws IOException {
        ExpirationResult expiry = expire(NOT_IN_USE, local).run();

        assertThat(expiry.deleted())
                .containsExactly(nights.get(2).id(), nights.get(3).id());
        assertThat(ids(local))
                .containsExactlyInAnyOrder(nights.get(0).id(), nights.get(1).id());
        try (Stream<Path> folders = Files.list(directory.resolve("local"))) {
            assertThat(folders).as("what is left of the deleted sets").hasSize(2);
        }
    }

    @Test
    void aDryRunGivesTheSameReasonsAndDeletesNothing() {
        Expiration expire = expire(NOT_IN_USE, local);

        List<Decision> dry = expire.decide();

        assertThat(ids(local)).hasSize(4);
        assertThat(expire.run().decisions()).hasToString(dry.toString());
    }

    @Test
    void aSecondRunFindsNothingToDo() {
        expire(NOT_IN_USE, local).run();

        assertThat(expire(NOT_IN_USE, local).run().deleted()).isEmpty();
    }

    @Test
    void whatCannotBeDeletedIsListedOnAndTriedAgain() {
        Store failing = new StoreThat(local) {
            @Override
            public boolean delete(String key) throws IOException {
                if (key.startsWith(nights.get(2).id().toString())) {
                    throw new IOException("input/output error");
                }
                return super.delete(key);
            }
        };

        ExpirationResult expiry = expire(NOT_IN_USE, failing).run();

        assertThat(expiry.failures())
                .containsExactly("Cannot delete " + nights.get(2).id() + " from local: input/output error");
        assertThat(expiry.deleted()).containsExactly(nights.get(3).id());
        assertThat(ids(local)).contains(nights.get(2).id());
        assertThat(expire(NOT_IN_USE, local).run().deleted())
                .containsExactly(nights.get(2).id());
    }

    @Test
    void whatAnObjectLockHoldsIsRetainedAndNoFailure() {
        Store locked = new StoreThat(local) {
            @Override
            public boolean delete(String key) {
                return false;
            }
        };

        ExpirationResult expiry = expire(NOT_IN_USE, locked).run();

        assertThat(expiry.retained()).hasSize(2);
        assertThat(expiry.failures()).isEmpty();
        assertThat(ids(local)).hasSize(4);
    }

    @Test
    void aSetWhoseManifestIsGoneDoesNotExistEvenIfTheRestCouldNotBeDeleted() {
        Store failing = new StoreThat(local) {
            @Override
            public boolean delete(String key) throws IOException {
                if (key.endsWith(".zst")) {
                    throw new IOException("input/output error");
                }
                return super.delete(key);
            }
        };

        expire(NOT_IN_USE, failing).run();

        assertThat(ids(local))
                .containsExactlyInAnyOrder(nights.get(0).id(), nights.get(1).id());
    }

    @Test
    void whatIsRestoredMeanwhileStays() {
        BackupId restored = nights.get(3).id();

        assertThat(expire(restored::equals, local).run().deleted())
                .containsExactly(nights.get(2).id());
        assertThat(ids(local)).contains(restored);
    }

    @Test
    void aCopyThatWasReadAgainCountsBecauseItsTwinWasRestored() throws IOException {
        LocalStore elsewhere = new LocalStore(directory.resolve("elsewhere"));
        Store bucket = new StoreThat(elsewhere) {
            @Override
            public String name() {
                return "s3";
            }
        };
        for (Backup night : nights) {
            Backup copy = new Backup(night.manifest(), "s3", List.of());
            SampleBackups.store(
                    with(
                            copy,
                            new BackupEvent(
                                    Type.VERIFIED,
                                    night.manifest().finishedAt(),
                                    VerificationLevel.L1,
                                    null,
                                    "read again")),
                    bucket);
        }

        expire(NOT_IN_USE, new LocalStore(directory.resolve("empty")), bucket).run();
        assertThat(ids(elsewhere)).as("copies without a restored twin").hasSize(4);

        expire(NOT_IN_USE, local, bucket).run();
        assertThat(ids(elsewhere))
                .containsExactlyInAnyOrder(nights.get(0).id(), nights.get(1).id());
    }

    @Test
    void aNewestThatIsNotProvenYetCostsNoOldOne() throws IOException {
        clock.set("2026-11-24T02:01:00Z");
        SampleBackups.store(published("shop", DAILY, "2026-11-24T02:00:00Z"), local);

        assertThat(expire(NOT_IN_USE, local).run().deleted()).isEmpty();
    }

    private Expiration expire(Predicate<BackupId> inUse, Store... stores) {
        return new Expiration(TestSets.catalogue(List.of(stores)), inUse, policy, clock);
    }

    private static List<BackupId> ids(Store store) {
        return TestSets.catalogue(List.of(store)).list().stream()
                .map(Backup::id)
                .toList();
    }
}
