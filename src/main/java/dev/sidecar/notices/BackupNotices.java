package dev.sidecar.notices;

import dev.sidecar.jobs.JobEnded;
import dev.sidecar.jobs.Outcome.Result;
import dev.sidecar.notices.NoticesProperties.BackupOutcomes;
import dev.sidecar.settings.Identity;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Decides which outcomes of backup jobs go directly to people, if they asked for it. A failure that repeats within an hour is sent once,
 * and at most ten notices are sent an hour: Alertmanager sends the alerts on backups in any case.
 */
final class BackupNotices {

    private static final Duration WINDOW = Duration.ofHours(1);
    private static final int LIMIT = 10;

    private final BackupOutcomes wanted;
    private final Identity identity;
    private final Clock clock;
    private final NoticeMetrics metrics;
    private final Map<String, Instant> told = new LinkedHashMap<>();
    private final Deque<Instant> times = new ArrayDeque<>();

    BackupNotices(BackupOutcomes wanted, Identity identity, Clock clock, NoticeMetrics metrics) {
        this.wanted = wanted;
        this.identity = identity;
        this.clock = clock;
        this.metrics = metrics;
    }

    /** Decides on one outcome. @return the notice to send; empty if nobody asked for it, it was sent already, or too many were sent */
    synchronized Optional<Notice> of(JobEnded ended) {
        if (!isWanted(ended)) {
            return Optional.empty();
        }
        Instant now = clock.instant();
        told.values().removeIf(at -> at.plus(WINDOW).isBefore(now));
        times.removeIf(at -> at.plus(WINDOW).isBefore(now));
        String what = ended.job() + " " + ended.outcome().result() + " "
                + ended.outcome().reason();
        if (ended.outcome().result() == Result.FAILURE && told.containsKey(what)) {
            metrics.suppressedBecause(NoticeMetrics.Suppression.DUPLICATE);
            return Optional.empty();
        }
        if (times.size() >= LIMIT) {
            metrics.suppressedBecause(NoticeMetrics.Suppression.RATE_LIMITED);
            return Optional.empty();
        }
        told.put(what, now);
        times.add(now);
        return Optional.of(notice(ended));
    }

    private boolean isWanted(JobEnded ended) {
        Result result = ended.outcome().result();
        return ended.announced()
                && ended.isFinal()
                && (wanted == BackupOutcomes.ALL && result == Result.SUCCESS
                        || wanted != BackupOutcomes.NONE && result == Result.FAILURE);
    }

    private Notice notice(JobEnded ended) {
        boolean failed = ended.outcome().result() == Result.FAILURE;
        Notice notice = new Notice(
                "[%s] %s on %s: %s %s"
                        .formatted(
                                failed ? "FAILED" : "OK",
                                identity.stack(),
                                identity.host(),
                                ended.job(),
                                failed ? "failed" : "succeeded"),
                """
                %s

                Ended at %s after %d s. The sidecar's page /backups lists all backups and their state.
                """.formatted(ended.outcome().reason(), ended.at(), ended.took().toSeconds()));
        return failed ? notice : notice.calm();
    }
}
