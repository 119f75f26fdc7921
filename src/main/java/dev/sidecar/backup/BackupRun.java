package dev.sidecar.backup;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.CheckResult;
import dev.sidecar.sets.Copies;
import dev.sidecar.sets.Progress;
import dev.sidecar.sets.VerificationLevel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one backup of one database: takes it, copies it to the other stores, verifies it in each, and expires older ones. Runs in one
 * process wait for each other, so that the weekly slot finds the daily backup finished.
 */
public final class BackupRun {

    private static final Logger log = LoggerFactory.getLogger(BackupRun.class);

    private final Backups backups;
    private final Copies copies;
    private final Expiration expire;
    private final ReentrantLock oneAtATime = new ReentrantLock(true);

    BackupRun(Backups backups, Copies copies, Expiration expire) {
        this.backups = backups;
        this.copies = copies;
        this.expire = expire;
    }

    /**
     * Says how a run ended.
     *
     * @param backup the published backup
     * @param verifications one for each store, in order; empty if the backup was not to be verified
     * @param problems what failed after the backup was published
     */
    public record Done(Backup backup, List<Verification> verifications, List<String> problems) {

        boolean held() {
            return problems.isEmpty();
        }

        /** Lists the operator's checks that did not hold, in parentheses; empty if all did. */
        String missedChecks() {
            return BackupRun.missedChecks(verifications);
        }
    }

    static String missedChecks(List<Verification> verifications) {
        String missed = verifications.stream()
                .flatMap(verification -> verification.missedChecks().stream())
                .map(CheckResult::sentence)
                .collect(Collectors.joining(" "));
        return missed.isEmpty() ? "" : " (" + missed + ")";
    }

    /** Takes a backup. @throws BackupFailure if nothing was published; later failures are among the problems */
    public Done take(TakeRequest request, boolean verify, Progress progress) {
        return alone(() -> finish(backups.take(request, progress), verify, progress));
    }

    /** Repeats the steps after the publication of a backup, such as a verification that failed. */
    Done finish(Backup taken, Progress progress) {
        return alone(() -> finish(taken, true, progress));
    }

    private Done alone(Supplier<Done> work) {
        try {
            oneAtATime.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackupFailure(Reason.SHUTDOWN, "The backup was stopped while it waited for another one.");
        }
        try {
            return work.get();
        } finally {
            oneAtATime.unlock();
        }
    }

    private Done finish(Backup taken, boolean verify, Progress progress) {
        List<String> problems = new ArrayList<>();
        List<Backup> everywhere = new ArrayList<>(List.of(taken));
        attempt(
                problems,
                () -> copies.complete(taken.id().database(), progress).stream()
                        .filter(copy -> copy.id().equals(taken.id()))
                        .forEach(everywhere::add));
        List<Verification> verifications = new ArrayList<>();
        if (verify) {
            for (Backup one : everywhere) {
                attempt(problems, () -> verifications.add(verify(one, taken, problems, progress)));
            }
        }
        attempt(problems, () -> problems.addAll(expire.run().failures()));
        return new Done(taken, verifications, problems);
    }

    /** Verifies by the settings in the first store; a copy is only read again, as equal bytes restore equally. */
    private Verification verify(Backup backup, Backup taken, List<String> problems, Progress progress) {
        VerificationLevel level =
                backup.store().equals(taken.store()) ? backups.levelFor(backup.manifest()) : VerificationLevel.L1;
        Verification verification = backups.verify(backup, level, progress);
        if (!verification.held()) {
            problems.add("%s in '%s' is not %s: %s"
                    .formatted(backup.id(), backup.store(), level, String.join("; ", verification.problems())));
        }
        return verification;
    }

    private static void attempt(List<String> problems, Runnable step) {
        try {
            step.run();
        } catch (BackupFailure e) {
            log.atError()
                    .addKeyValue("reason", e.reason().label())
                    .log("a step after the backup was published failed: {}", e.getMessage());
            problems.add(e.getMessage());
        }
    }
}
