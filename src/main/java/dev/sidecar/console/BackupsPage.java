package dev.sidecar.console;

import dev.sidecar.backup.BackupTasks.State;
import dev.sidecar.backup.BackupTasks.Task;
import dev.sidecar.backup.Decision;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.Progress;
import dev.sidecar.sets.RefusedSet;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.text.Durations;
import dev.sidecar.text.Sizes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The contents of the backups page.
 *
 * @param off why there is nothing to show; null if there is
 * @param databases that can be backed up
 * @param rows newest first
 * @param tasks newest first
 * @param refused sets that are no backups
 * @param gone databases that are no longer on the server, each a sentence
 */
record BackupsPage(
        @Nullable String off,
        List<String> databases,
        List<Row> rows,
        List<TaskRow> tasks,
        List<RefusedSet> refused,
        List<String> gone) {

    static BackupsPage off(String why) {
        return new BackupsPage(why, List.of(), List.of(), List.of(), List.of(), List.of());
    }

    public long running() {
        return tasks.stream().filter(TaskRow::running).count();
    }

    /**
     * The rows of one database, newest first.
     *
     * @param size of all together
     * @param promise RPO and RTO, as measured, in one sentence
     * @param sizes how they changed
     */
    record Group(String database, List<Row> rows, String size, String promise, SizeBars sizes) {

        static Group of(String database, List<Row> rows) {
            long bytes = rows.stream()
                    .mapToLong(row -> row.backup().manifest().storedBytes())
                    .sum();
            return new Group(database, rows, Sizes.of(bytes), promise(rows), SizeBars.of(rows));
        }

        private static String promise(List<Row> rows) {
            return rows.stream()
                    .flatMap(row -> row.promise().stream())
                    .findFirst()
                    .orElse("No backup of it has been test-restored yet, so recovery times are unknown.");
        }
    }

    /** By database, in the order of the newest backup. */
    public List<Group> groups() {
        Map<String, List<Row>> byDatabase = new LinkedHashMap<>();
        rows.forEach(row -> byDatabase
                .computeIfAbsent(row.backup().id().database(), database -> new ArrayList<>())
                .add(row));
        return byDatabase.entrySet().stream()
                .map(group -> Group.of(group.getKey(), group.getValue()))
                .toList();
    }

    record Row(
            Backup backup,
            String age,
            Optional<String> promise,
            String size,
            String level,
            String state,
            String meaning,
            List<String> reasons) {

        static Row of(Backup backup, @Nullable Decision decision, Instant now) {
            Optional<VerificationLevel> level = backup.level();
            String state =
                    backup.isDamaged() ? "broken" : backup.isSuspect() ? "suspect" : proven(level) ? "held" : "off";
            return new Row(
                    backup,
                    Durations.ago(Duration.between(backup.manifest().startedAt(), now)),
                    promise(backup, now),
                    Sizes.of(backup.manifest().storedBytes()),
                    level.map(Enum::name).orElse("damaged"),
                    state,
                    level.map(VerificationLevel::meaning).orElse("its contents differ from what was written"),
                    decision == null ? List.of() : decision.reasons());
        }

        private static Optional<String> promise(Backup backup, Instant now) {
            return backup.verification()
                    .flatMap(verified -> backup.restoreTook())
                    .map(took ->
                            "If it failed now, you would lose the last %s of changes and have it back in about %s (measured %s)."
                                    .formatted(
                                            Durations.rounded(Duration.between(
                                                    backup.manifest().startedAt(), now)),
                                            Durations.rounded(took),
                                            Durations.ago(Duration.between(
                                                    backup.verifiedAt().orElse(now), now))));
        }

        /** Says why it is believed to be ours. */
        public String signature() {
            return switch (backup.standing()) {
                case SIGNED -> "its signature is valid";
                case ADOPTED -> "a person accepted it without a signature of this sidecar";
            };
        }

        private static boolean proven(Optional<VerificationLevel> level) {
            return level.filter(reached -> reached.atLeast(VerificationLevel.L3))
                    .isPresent();
        }
    }

    record TaskRow(
            Task task, String age, String amount, @Nullable Integer percent) {

        static TaskRow of(Task task, Instant now) {
            Progress.View view = task.progress();
            return new TaskRow(
                    task,
                    Durations.ago(Duration.between(task.startedAt(), now)),
                    view == null ? "" : amount(view),
                    view == null ? null : view.percent().orElse(null));
        }

        public boolean running() {
            return task.state() == State.RUNNING;
        }

        /** The CSS class of its badge. */
        public String state() {
            return switch (task.state()) {
                case RUNNING -> "running";
                case DONE -> "held";
                case FAILED -> "broken";
            };
        }

        private static String amount(Progress.View view) {
            String left = view.left()
                    .map(time -> ", " + Durations.rounded(time) + " left")
                    .orElse("");
            return "%s: %s at %s/s%s".formatted(view.stage(), Sizes.of(view.bytes()), Sizes.of(view.rate()), left);
        }
    }
}
