package dev.sidecar.pitr;

import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.Job.Retries;
import dev.sidecar.jobs.Job.Sharing;
import dev.sidecar.jobs.JobSource;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.jobs.Outcome.Result;
import dev.sidecar.jobs.Schedule;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Schedules sets, drills and looks at the chain. Where there is no full set yet, one is taken at once. */
final class PitrJobs implements JobSource {

    private static final Retries RETRIES = new Retries(5, Duration.ofMinutes(2));
    private static final Duration LONGEST_LOOK = Duration.ofMinutes(10);

    private final Pitr pitr;
    private final PitrProperties settings;

    PitrJobs(Pitr pitr) {
        this.pitr = pitr;
        this.settings = pitr.settings();
    }

    @Override
    public List<Job> jobs() {
        List<Job> jobs = new ArrayList<>();
        if (!settings.enabled()) {
            return jobs;
        }
        set("full", settings.full(), PhysicalSet.Type.FULL, jobs);
        set("differential", settings.differential(), PhysicalSet.Type.DIFFERENTIAL, jobs);
        set("incremental", settings.incremental(), PhysicalSet.Type.INCREMENTAL, jobs);
        settings.schedule("drill", settings.drill())
                .ifPresent(schedule -> jobs.add(new Job(
                                "pitr-drill",
                                schedule,
                                settings.limit(),
                                RETRIES,
                                // Where none was run yet, one is due.
                                () -> Optional.of(
                                        pitr.lastDrill().map(RecoveryResult::at).orElse(Instant.EPOCH)),
                                run -> orAway(drill()))
                        .withAnnouncements()
                        .onDuty()));
        jobs.add(new Job("pitr-look", Schedule.every(settings.look()), LONGEST_LOOK, run -> look(true))
                .onDuty(new Sharing(false, why -> look(false))));
        return jobs;
    }

    private void set(String name, String cron, PhysicalSet.Type type, List<Job> jobs) {
        settings.schedule(name, cron)
                .ifPresent(schedule -> jobs.add(new Job(
                                "pitr-" + name,
                                schedule,
                                settings.limit(),
                                RETRIES,
                                () -> lastDone(type),
                                run -> orAway(take(type)))
                        .withAnnouncements()
                        .onDuty()));
    }

    /** A set of a kind that holds more counts for one that holds less. */
    private Optional<Instant> lastDone(PhysicalSet.Type type) {
        try {
            PitrState state = pitr.known().isPresent() ? pitr.known().get() : pitr.look();
            Optional<Instant> newest = state.sets().stream()
                    .filter(set -> set.type().compareTo(type) <= 0)
                    .map(PhysicalSet::started)
                    .max(Instant::compareTo);
            return type == PhysicalSet.Type.FULL ? Optional.of(newest.orElse(Instant.EPOCH)) : newest;
        } catch (BackupFailure e) {
            return type == PhysicalSet.Type.FULL ? Optional.of(Instant.EPOCH) : Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /** What failed because the server is away is repeated until it is back. */
    private Outcome orAway(Outcome outcome) {
        return outcome.result() == Result.FAILURE && !pitr.serverAnswers() ? Outcome.away(outcome.reason()) : outcome;
    }

    private Outcome take(PhysicalSet.Type type) throws InterruptedException {
        try {
            return Outcome.success("took " + pitr.take(type));
        } catch (BackupFailure e) {
            // Several schedules meet at one time, and the larger set goes first.
            return e.reason() == Reason.BUSY && type != PhysicalSet.Type.FULL
                    ? Outcome.skipped("another set is being taken")
                    : Outcome.failure(e.getMessage());
        }
    }

    private Outcome drill() throws InterruptedException {
        try {
            pitr.awaitTables();
            RecoveryResult result = pitr.prove();
            pitr.look();
            return result.held() ? Outcome.success("recovered from " + result.set()) : Outcome.failure(result.wrong());
        } catch (BackupFailure e) {
            return Outcome.failure(e.getMessage());
        }
    }

    /** @param push whether an idle server is made to archive what it has */
    private Outcome look(boolean push) {
        try {
            PitrState state = pitr.look();
            if (push) {
                pitr.pushIfIdle(state);
            }
            return Outcome.success("looked");
        } catch (BackupFailure e) {
            return Outcome.failure(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Outcome.failure("it was interrupted");
        }
    }
}
