package dev.sidecar.proofs.backups;

import dev.sidecar.pitr.Pitr;
import dev.sidecar.pitr.PitrState;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.sets.BackupFailure;
import java.time.Duration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;

/** Exists only where point-in-time recovery is on. */
@ConditionalOnProperty("sidecar.pitr.enabled")
final class WalChainProof implements Proof {

    private final Pitr pitr;

    WalChainProof(Pitr pitr) {
        this.pitr = pitr;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "BKP-12",
                Area.BACKUPS,
                "WAL is archived within the RPO and without a gap, archiving does not fail, and full and other physical sets are recent enough.",
                Duration.ofMinutes(5));
    }

    @Override
    public Finding prove() throws InterruptedException {
        try {
            PitrState state = pitr.look();
            return (state.problems().isEmpty()
                            ? Finding.held("%s", state.lines().get(0))
                            : Finding.broken("%s", String.join(" ", state.problems())))
                    .with(state.lines());
        } catch (BackupFailure e) {
            return Finding.broken("Cannot read the repository: %s", e.getMessage());
        }
    }
}
