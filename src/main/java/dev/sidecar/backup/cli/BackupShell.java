package dev.sidecar.backup.cli;

import dev.sidecar.backup.Backups;
import dev.sidecar.commands.CommandFailure;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.CheckResult;
import dev.sidecar.sets.Progress;
import dev.sidecar.sets.RefusedSet;
import dev.sidecar.text.HostileText;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Gives the backup commands what they share: progress, JSON, exit codes, and an orderly stop at Ctrl-C. */
final class BackupShell {

    static final String EXIT_DONE = "0:done";
    static final String EXIT_FAILED = "1:failed; the message says why and how to fix it";
    static final String EXIT_USAGE = "2:wrong usage, or a setting is missing or wrong";
    static final String EXIT_NOT_AS_MANIFEST = "3:a backup differs from its manifest";
    static final String EXIT_NOT_FOUND = "4:backup not found";
    static final String EXIT_BUSY = "5:another run is using this database";
    static final String EXIT_IMPOSSIBLE = "6:the restore is not possible; nothing was changed";
    static final String EXIT_NOT_CONFIRMED = "7:not confirmed; nothing was changed";

    static final String EXIT_REFUSED = "8:backup refused: it has no valid signature of this sidecar";

    static final String EXIT_INCOMPLETE = "9:restored as much as possible; the missing objects were listed";

    static final String EXIT_CHECK = "10:verified, but one of your own checks failed";

    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int NOT_AS_MANIFEST = 3;
    static final int NOT_FOUND = 4;
    static final int BUSY = 5;
    static final int IMPOSSIBLE = 6;
    static final int NOT_CONFIRMED = 7;
    static final int REFUSED = 8;
    static final int INCOMPLETE = 9;
    static final int CHECK = 10;

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    private static final int STOP_SECONDS = 10;

    private final Backups backups;

    BackupShell(Backups backups) {
        this.backups = backups;
    }

    Backups backups() {
        return backups;
    }

    /** Trusts the keys of a file while the command runs. */
    void trust(@Nullable Path publicKeys) {
        if (publicKeys != null) {
            run(backups.progress(), () -> {
                backups.trust(publicKeys);
                return publicKeys;
            });
        }
    }

    /** Says on standard error which sets are no backups, so that nobody misses them in vain. */
    static void warn(List<RefusedSet> refused) {
        refused.forEach(set -> System.err.println("REFUSED " + set.sentence() + "."));
    }

    /** Runs the work and shows its progress; a failure becomes the command's message and exit code. */
    <T> T run(Progress progress, Supplier<T> work) {
        CountDownLatch done = new CountDownLatch(1);
        Thread stop = stopper(Thread.currentThread(), done);
        Runtime.getRuntime().addShutdownHook(stop);
        try {
            return ProgressLine.onStandardError().during(progress, work);
        } catch (BackupFailure e) {
            throw failure(e);
        } finally {
            done.countDown();
            try {
                Runtime.getRuntime().removeShutdownHook(stop);
            } catch (IllegalStateException e) {
                // It is the shutdown that ended the work.
            }
        }
    }

    /** At Ctrl-C interrupts the work and gives it time to end its child processes and to remove unfinished files. */
    private static Thread stopper(Thread worker, CountDownLatch done) {
        return new Thread(
                () -> {
                    worker.interrupt();
                    try {
                        done.await(STOP_SECONDS, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "stop-command");
    }

    static CommandFailure failure(BackupFailure e) {
        return new CommandFailure(exitCode(e.reason()), e.getMessage());
    }

    static int exitCode(Reason reason) {
        return switch (reason) {
            case NOT_CONFIGURED -> USAGE;
            case DAMAGED, DIFFERENT -> NOT_AS_MANIFEST;
            case NOT_FOUND -> NOT_FOUND;
            case BUSY -> BUSY;
            case REFUSED -> REFUSED;
            default -> FAILED;
        };
    }

    /**
     * Finds the backup that an argument names.
     *
     * @param which an id, or {@code latest}
     * @param database the database whose latest backup is meant; optional if there are backups of one database only
     * @param store the store; if empty, the first that has the backup
     */
    Backup find(String which, @Nullable String database, Optional<String> store) {
        return find(which, database, store, backup -> true);
    }

    private Backup find(String which, @Nullable String database, Optional<String> store, Predicate<Backup> latestIf) {
        try {
            if (!which.equals("latest")) {
                BackupId id = BackupId.parse(which);
                return store.isEmpty() ? backups.get(id) : backups.get(id, store.get());
            }
            List<Backup> candidates = backups.list().stream()
                    .filter(backup -> store.isEmpty() || backup.store().equals(store.get()))
                    .toList();
            String whose = database == null ? theOnlyDatabase(candidates) : database;
            return candidates.stream()
                    .filter(backup -> backup.id().database().equals(whose) && !backup.isDamaged())
                    .filter(latestIf)
                    .findFirst()
                    .orElseThrow(() -> new CommandFailure(
                            NOT_FOUND,
                            "There is no such backup of '%s'; 'sidecar list' shows all backups, and you can name each by its id."
                                    .formatted(whose)));
        } catch (BackupFailure e) {
            throw failure(e);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(NOT_FOUND, String.valueOf(e.getMessage()));
        }
    }

    /** Finds a backup to restore. A suspect latest one is skipped: you want back the rows that vanished before it was taken. */
    Backup findToRestore(String which, @Nullable String database) {
        Backup found = find(which, database, Optional.empty());
        if (!which.equals("latest") || !found.isSuspect()) {
            return found;
        }
        Backup whole = find(which, database, Optional.empty(), backup -> !backup.isSuspect());
        System.err.printf(
                "%s is suspect and was skipped (%s). To restore it, name it by its id.%n",
                found.id(), HostileText.line(found.suspicion().orElse("")));
        return whole;
    }

    private String theOnlyDatabase(List<Backup> candidates) {
        List<String> databases = candidates.stream()
                .map(backup -> backup.id().database())
                .distinct()
                .sorted()
                .toList();
        if (databases.isEmpty()) {
            warn(backups.refused());
            throw new CommandFailure(NOT_FOUND, "There is no backup yet; take one with 'sidecar backup'.");
        }
        if (databases.size() > 1) {
            throw new CommandFailure(
                    USAGE, "There are backups of %s; choose one with --database.".formatted(databases));
        }
        return databases.get(0);
    }

    /** Prints what the operator's own checks found. */
    static void print(List<CheckResult> checks) {
        checks.forEach(check -> out().println("  " + check.sentence()));
    }

    static void json(Object answer) {
        out().println(JSON.writeValueAsString(answer));
    }

    static PrintStream out() {
        return System.out;
    }
}
