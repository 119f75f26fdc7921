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
 * Decides which ends of backup jobs people are told of directly, when they asked for it. What repeats within an hour is told once, and
 * not more than ten in an hour are told at all: the alerts on backups come by Alertmanager in any case.
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

    /** @return what to tell; empty if nobody asked for it, or it was told already, or too much was told */
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
        return new Notice(
                "[%s] %s on %s: %s %s"
                        .formatted(
                                failed ? "FAILED" : "OK",
                                identity.stack(),
                                identity.host(),
                                ended.job(),
                                failed ? "failed" : "succeeded"),
                """
                %s

                Ended at %s after %d s. The page /backups of the sidecar shows all backups and what is known of them.
                """.formatted(ended.outcome().reason(), ended.at(), ended.took().toSeconds()));
    }
}
