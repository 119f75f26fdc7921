package dev.sidecar.backup.cli;

import dev.sidecar.backup.Backups;
import dev.sidecar.commands.CommandFailure;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.Progress;
import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What the backup commands have in common: progress, JSON, exit codes, and stopping in order at Ctrl-C. */
final class BackupShell {

    static final String EXIT_DONE = "0:done";
    static final String EXIT_FAILED = "1:failed; the message says why and what to do";
    static final String EXIT_USAGE = "2:wrong usage, or a setting is missing or wrong";
    static final String EXIT_NOT_AS_MANIFEST = "3:a backup is not what its manifest says";
    static final String EXIT_NOT_FOUND = "4:there is no such backup";
    static final String EXIT_BUSY = "5:another run holds this database";
    static final String EXIT_IMPOSSIBLE = "6:the restore is not possible as things are; nothing was touched";
    static final String EXIT_NOT_CONFIRMED = "7:not confirmed; nothing was touched";

    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int NOT_AS_MANIFEST = 3;
    static final int NOT_FOUND = 4;
    static final int BUSY = 5;
    static final int IMPOSSIBLE = 6;
    static final int NOT_CONFIRMED = 7;

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

    /** Does the work with its progress shown; a failure becomes the command's message and exit code. */
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

    /** Ctrl-C: the work is interrupted and given time to end its children and to remove what is half done. */
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
            default -> FAILED;
        };
    }

    /**
     * @param which an id, or {@code latest}
     * @param database whose latest; may be left out if there are backups of one database only
     * @param store empty for the first that has it
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
                            "There is no such backup of '%s'; 'sidecar list' shows what there is, and each can be named by its id."
                                    .formatted(whose)));
        } catch (BackupFailure e) {
            throw failure(e);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(USAGE, String.valueOf(e.getMessage()));
        }
    }

    /** As {@link #find}, but the latest that is suspect is passed over: what vanished before it was taken is what is wanted back. */
    Backup findToRestore(String which, @Nullable String database) {
        Backup found = find(which, database, Optional.empty());
        if (!which.equals("latest") || !found.isSuspect()) {
            return found;
        }
        Backup whole = find(which, database, Optional.empty(), backup -> !backup.isSuspect());
        System.err.printf(
                "%s is suspect and passed over (%s). To restore it, name it by its id.%n",
                found.id(), found.suspicion().orElse(""));
        return whole;
    }

    private static String theOnlyDatabase(List<Backup> candidates) {
        List<String> databases = candidates.stream()
                .map(backup -> backup.id().database())
                .distinct()
                .sorted()
                .toList();
        if (databases.isEmpty()) {
            throw new CommandFailure(NOT_FOUND, "There is no backup yet; 'sidecar backup' takes one.");
        }
        if (databases.size() > 1) {
            throw new CommandFailure(USAGE, "There are backups of %s; say which with --database.".formatted(databases));
        }
        return databases.get(0);
    }

    static void json(Object answer) {
        out().println(JSON.writeValueAsString(answer));
    }

    static PrintStream out() {
        return System.out;
    }
}
