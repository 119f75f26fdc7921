package dev.sidecar.proofs.backups;

import dev.sidecar.pitr.Pitr;
import dev.sidecar.pitr.RecoveryResult;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.text.Durations;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;

/** Exists only where point-in-time recovery is on. */
@ConditionalOnProperty("sidecar.pitr.enabled")
final class RecoveryProof implements Proof {

    private final Pitr pitr;
    private final Clock clock;

    RecoveryProof(Pitr pitr, Clock clock) {
        this.pitr = pitr;
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "BKP-11",
                Area.BACKUPS,
                "A recovery to a moment restores everything written before it and nothing written after it, within RPO and RTO, and your own checks hold on it.",
                Duration.ofMinutes(5));
    }

    @Override
    public Finding prove() {
        Optional<RecoveryResult> newest = pitr.lastDrill();
        Optional<String> trouble = pitr.trouble();
        if (newest.isEmpty()) {
            return trouble.map(why -> Finding.inconclusive("No recovery has been proven yet: %s", why))
                    .orElseGet(() ->
                            Finding.inconclusive("No recovery has been proven yet: the job pitr-drill does that."));
        }
        RecoveryResult drill = newest.get();
        Duration age = Duration.between(drill.at(), clock.instant());
        List<String> lines = new ArrayList<>(drill.lines());
        drill.checks().forEach(check -> lines.add(check.sentence()));
        trouble.ifPresent(why -> lines.add("The last drill could not be run: " + why));
        if (!drill.held()) {
            return Finding.broken("%s", drill.wrong()).with(lines);
        }
        if (BackupNeeds.isStillToCome(age)) {
            return Finding.broken("The last proven recovery is dated %s, which is still to come.", drill.at())
                    .with(lines);
        }
        if (age.compareTo(pitr.greatestAgeOfDrill()) > 0) {
            return Finding.broken(
                            "A recovery was last proven %s; %s is allowed.%s",
                            Durations.ago(age),
                            Durations.of(pitr.greatestAgeOfDrill()),
                            trouble.map(why -> " " + why).orElse(""))
                    .with(lines);
        }
        return Finding.held(
                        "Recovered from set %s to a moment between two markers %s, in %s.",
                        drill.set(), Durations.ago(age), Durations.of(drill.rto()))
                .with(lines);
    }
}
