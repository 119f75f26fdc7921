package dev.sidecar.backup;

import static dev.sidecar.sets.Generation.DAILY;
import static dev.sidecar.sets.Generation.MANUAL;
import static dev.sidecar.sets.Generation.MONTHLY;
import static dev.sidecar.sets.Generation.WEEKLY;
import static dev.sidecar.sets.SampleBackups.published;
import static dev.sidecar.sets.SampleBackups.verified;
import static dev.sidecar.sets.SampleBackups.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.jobs.Schedule;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupEvent.Type;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.VerificationLevel;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RetentionTest {

    private static final Predicate<BackupId> NOT_BUSY = id -> false;
    private static final Instant NOON = Instant.parse("2026-11-23T12:00:00Z");
    private static final Function<Manifest, VerificationLevel> TO_L4 = manifest -> VerificationLevel.L4;

    private final RetentionPolicy policy = policy(7, 12, 3);

    @Test
    void keepsTheNewestSevenDaysAndExpiresTheEighthWithReasons() {
        List<Backup> backups = nights(8);

        List<Decision> decisions = decide(backups);

        assertThat(decisions).extracting(Decision::backup).containsExactlyElementsOf(backups);
        assertThat(decisions)
                .extracting(Decision::keep)
                .containsExactly(true, true, true, true, true, true, true, false);
        assertThat(decisions.get(0).reasons()).containsExactly("daily 1 of 7");
        assertThat(decisions.get(7))
                .hasToString("expire " + backups.get(7).id() + ": 7 newer daily are verified, 7 are kept");
    }

    @Test
    void keepsTwelveWeeksBesideTheDays() {
        List<Backup> backups = new ArrayList<>(nights(7));
        for (int week = 0; week < 13; week++) {
            backups.add(verified("shop", WEEKLY, LocalDate.of(2026, 11, 22).minusWeeks(week) + "T03:00:00Z"));
        }

        assertThat(decide(backups)).filteredOn(Decision::keep).hasSize(7 + 12);
        assertThat(expired(backups)).containsExactly(backups.get(backups.size() - 1));
    }

    @Test
    void tenNightsOfFailuresCostNothing() {
        List<Backup> backups = new ArrayList<>(nights(9));
        backups.add(verified("shop", WEEKLY, "2026-11-22T03:00:00Z"));
        Instant tenDaysLater = NOON.plusSeconds(10 * 86_400);

        List<Decision> decisions = retention(policy, NOT_BUSY).decide(backups, tenDaysLater);

        assertThat(decisions).allMatch(Decision::keep);
        assertThat(decisions.get(8).reasons())
                .containsExactly("nothing expires: there is no backup for the slot of 2026-12-03T02:00:00Z");
    }

    @Test
    void nothingGoesWhileTheNewestIsNotVerified() {
        List<Backup> backups = new ArrayList<>(nights(9));
        Backup newest = published("shop", DAILY, "2026-11-23T02:00:00Z");
        backups.set(0, newest);

        assertThat(decide(backups)).allMatch(Decision::keep);
        assertThat(decide(backups).get(8).reasons())
                .containsExactly("nothing expires: the newest, " + newest.id() + ", is not verified to L4");
    }

    @Test
    void nothingGoesWhileTheNewestIsDamagedOrSuspect() {
        for (Type type : List.of(Type.DAMAGED, Type.SUSPECT)) {
            List<Backup> backups = new ArrayList<>(nights(9));
            backups.set(0, with(backups.get(0), type));

            assertThat(expired(backups)).as(type.toString()).isEmpty();
        }
    }

    @Test
    void backupsThatAreNotVerifiedDoNotCount() {
        List<Backup> backups = new ArrayList<>(nights(8));
        backups.set(2, published("shop", DAILY, "2026-11-21T02:00:00Z"));

        assertThat(expired(backups)).isEmpty();
        assertThat(decide(backups).get(2).reasons())
                .containsExactly("it is not verified, and only 2 of 7 newer ones are");
    }

    @Test
    void theNewestVerifiedStaysWhateverIsSet() {
        List<Backup> backups = nights(3);

        assertThat(retention(policy(0, 0, 99), NOT_BUSY).decide(backups, NOON))
                .filteredOn(Decision::keep)
                .extracting(Decision::backup)
                .containsExactly(backups.get(0));
    }

    @Test
    void pinnedAndBusyOnesStay() {
        List<Backup> backups = new ArrayList<>(nights(10));
        backups.set(8, with(backups.get(8), Type.PINNED));
        Predicate<BackupId> busy = backups.get(9).id()::equals;

        List<Decision> decisions = retention(policy, busy).decide(backups, NOON);

        assertThat(decisions.get(7).keep()).isFalse();
        assertThat(decisions.get(8).reasons()).containsExactly("it is pinned");
        assertThat(decisions.get(9).reasons()).containsExactly("it is being verified or restored");
    }

    @Test
    void whatSomebodyAskedForIsNotCountedAndDoesNotGo() {
        List<Backup> backups = IntStream.range(0, 40)
                .mapToObj(day ->
                        verified("shop", MANUAL, LocalDate.of(2026, 11, 23).minusDays(day) + "T09:00:00Z"))
                .toList();

        assertThat(decide(backups)).allMatch(Decision::keep);
    }

    @Test
    void moreThanAFewAtOnceAreRefusedUnlessSomebodySaysSo() {
        List<Backup> backups = nights(11);

        assertThat(decide(backups)).allMatch(Decision::keep);
        assertThat(decide(backups).get(10).reasons())
                .containsExactly(
                        "nothing expires: 4 would be deleted at once, but at most 3 may be; if that is correct,"
                                + " run 'sidecar expire --at-most 4'");
        assertThat(retention(policy.withAtMost(4), NOT_BUSY).decide(backups, NOON))
                .filteredOn(decision -> !decision.keep())
                .hasSize(4);
    }

    @Test
    void aClockThatJumpsNeitherExpiresNorMistakesTheNewest() {
        List<Backup> backups = nights(9);

        for (String jumped : List.of("2026-11-22T23:00:00Z", "2026-11-26T12:00:00Z", "2031-01-01T00:00:00Z")) {
            assertThat(retention(policy, NOT_BUSY).decide(backups, Instant.parse(jumped)))
                    .as(jumped)
                    .allMatch(Decision::keep);
        }
    }

    @Test
    void orderIsThatOfTheSlotsAndNotOfNamesOrOfTheTimeOfTaking() {
        List<Backup> backups = new ArrayList<>(nights(7));
        // Caught up days later, so its name is the newest of all.
        backups.add(verified(published(
                "shop", DAILY, Instant.parse("2026-11-16T02:00:00Z"), Instant.parse("2026-11-23T11:00:00Z"))));
        Collections.shuffle(backups, new Random(1));

        assertThat(expired(backups))
                .extracting(backup -> backup.manifest().slot())
                .containsExactly(Instant.parse("2026-11-16T02:00:00Z"));
    }

    @Test
    void eachDatabaseCountsForItselfByItsExactName() {
        List<String> names =
                List.of("app", "app-test", "App", "приложение \"x\"; drop", "🐘", "a".repeat(63), "a".repeat(62));
        List<Backup> backups = new ArrayList<>();
        names.forEach(name -> backups.addAll(nights(name, name.equals("app") ? 8 : 7)));

        assertThat(expired(backups))
                .extracting(backup -> backup.id().database())
                .containsExactly("app");
    }

    @Test
    void aGenerationWithoutAScheduleIsLeftToItsCount() {
        List<Backup> backups = IntStream.range(1, 12)
                .mapToObj(month -> verified("shop", MONTHLY, "2026-%02d-01T03:00:00Z".formatted(month)))
                .toList();
        RetentionPolicy tenMonths = new RetentionPolicy(Map.of(MONTHLY, 10), Map.of(), TO_L4, 3);

        assertThat(retention(tenMonths, NOT_BUSY).decide(backups, NOON))
                .filteredOn(decision -> !decision.keep())
                .extracting(Decision::backup)
                .containsExactly(backups.get(0));
    }

    @Test
    void nightsOfSummerTimeAreNightsLikeAnyOther() {
        Schedule berlin = Schedule.cron("x", "0 30 2 * * *", ZoneId.of("Europe/Berlin"));
        RetentionPolicy local = new RetentionPolicy(Map.of(DAILY, 7), Map.of(DAILY, berlin), TO_L4, 3);
        for (String noon : List.of("2026-10-29T12:00:00Z", "2026-04-01T12:00:00Z")) {
            List<Backup> backups = new ArrayList<>();
            Instant slot = Instant.parse(noon);
            for (int night = 0; night < 8; night++) {
                slot = berlin.latest(slot.minusSeconds(1)).orElseThrow();
                backups.add(verified("shop", DAILY, slot.toString()));
            }

            assertThat(retention(local, NOT_BUSY).decide(backups, Instant.parse(noon)))
                    .filteredOn(decision -> !decision.keep())
                    .extracting(Decision::backup)
                    .containsExactly(backups.get(7));
        }
    }

    /** Whatever lies there and whatever the clock says, what must stay stays. */
    @Test
    void noMixOfBackupsAndTimesCostsTheNewestVerified() {
        Random random = new Random(20_261_123);
        int expired = 0;
        for (int round = 0; round < 2_000; round++) {
            List<Backup> backups = anyBackups(random);
            Instant now = NOON.plusSeconds(86_400L * (random.nextInt(20) - 10));

            List<Backup> gone = retention(policy(random.nextInt(4), random.nextInt(4), random.nextInt(30)), NOT_BUSY)
                    .decide(backups, now)
                    .stream()
                    .filter(decision -> !decision.keep())
                    .map(Decision::backup)
                    .toList();

            expired += gone.size();
            assertThat(gone).noneMatch(Backup::isPinned);
            for (Backup backup : gone) {
                assertThat(backups)
                        .filteredOn(other ->
                                other.id().database().equals(backup.id().database())
                                        && other.id().generation()
                                                == backup.id().generation()
                                        && other.isVerified(VerificationLevel.L4)
                                        && !other.manifest()
                                                .slot()
                                                .isBefore(backup.manifest().slot()))
                        .as("what is left of the group of " + backup.id() + " in round " + round)
                        .anyMatch(other -> !gone.contains(other));
            }
        }
        assertThat(expired).as("the rounds in which something went").isGreaterThan(100);
    }

    private static List<Backup> anyBackups(Random random) {
        return IntStream.rangeClosed(0, random.nextInt(20))
                .mapToObj(i -> {
                    Backup backup = published(
                            random.nextBoolean() ? "app" : "app-test",
                            random.nextBoolean() ? DAILY : WEEKLY,
                            LocalDate.of(2026, 11, 23).minusDays(random.nextInt(30)) + "T02:00:00Z");
                    backup = random.nextInt(4) > 0 ? verified(backup) : backup;
                    return random.nextInt(5) == 0 ? with(backup, Type.PINNED) : backup;
                })
                .toList();
    }

    private static Retention retention(RetentionPolicy policy, Predicate<BackupId> busy) {
        return new Retention(policy, policy::isVerified, busy);
    }

    private List<Decision> decide(List<Backup> backups) {
        return retention(policy, NOT_BUSY).decide(backups, NOON);
    }

    private List<Backup> expired(List<Backup> backups) {
        return decide(backups).stream()
                .filter(decision -> !decision.keep())
                .map(Decision::backup)
                .toList();
    }

    private static List<Backup> nights(int count) {
        return nights("shop", count);
    }

    /** Verified daily backups, the newest of the night before {@link #NOON}. */
    private static List<Backup> nights(String database, int count) {
        return IntStream.range(0, count)
                .mapToObj(night ->
                        verified(database, DAILY, LocalDate.of(2026, 11, 23).minusDays(night) + "T02:00:00Z"))
                .toList();
    }

    private static RetentionPolicy policy(int daily, int weekly, int atMost) {
        return new RetentionPolicy(
                Map.of(DAILY, daily, WEEKLY, weekly, MONTHLY, 12),
                Map.of(
                        DAILY, Schedule.cron("x", "0 0 2 * * *", ZoneOffset.UTC),
                        WEEKLY, Schedule.cron("x", "0 0 3 * * SUN", ZoneOffset.UTC)),
                TO_L4,
                atMost);
    }
}
