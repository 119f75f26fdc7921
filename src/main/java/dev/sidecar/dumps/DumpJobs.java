package dev.sidecar.dumps;

import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.Job.Sharing;
import dev.sidecar.jobs.JobSource;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.jobs.Schedule;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.text.HostileText;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Looks for new dumps, one job for each source, and restores the newest that it has not restored. */
final class DumpJobs implements JobSource {

    private final Dumps dumps;
    private final DumpsProperties settings;

    DumpJobs(Dumps dumps, DumpsProperties settings) {
        this.dumps = dumps;
        this.settings = settings;
    }

    @Override
    public List<Job> jobs() {
        return dumps.sources().stream().map(this::job).toList();
    }

    private Job job(String source) {
        Duration limit = settings.from(source).limit().multipliedBy(2);
        return new Job(
                        Dumps.job(source),
                        Schedule.every(settings.look()),
                        limit,
                        Job.Retries.NONE,
                        // The first look is at the start.
                        () -> Optional.of(Instant.EPOCH),
                        run -> prove(source, run.scheduled()))
                .onDuty(new Sharing(false, why -> look(source, why)));
    }

    /** Another sidecar restores; what it found is in the file of results, if that is shared. */
    private Outcome look(String source, String why) {
        dumps.look(source);
        return Outcome.skipped(why);
    }

    /** @param onlyNew whether a dump that was restored already is left alone */
    private Outcome prove(String source, boolean onlyNew) throws InterruptedException {
        try {
            if (onlyNew && !dumps.isDue(source)) {
                dumps.look(source);
                return Outcome.skipped("there is no new dump");
            }
            DumpResult result = dumps.prove(source);
            return result.held()
                    ? Outcome.success("restored " + HostileText.line(result.dump()))
                    : Outcome.failure(String.join(" ", dumps.look(source).problems()));
        } catch (IOException | BackupFailure e) {
            dumps.look(source);
            return Outcome.failure(String.valueOf(e.getMessage()));
        }
    }
}
