package dev.sidecar.proofs.security;

import dev.sidecar.peers.NotConfigured;
import dev.sidecar.postgres.PlantedAttack;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.time.Duration;
import java.util.Optional;

final class StrangersSqlProof implements Proof {

    private final Postgres postgres;

    StrangersSqlProof(Postgres postgres) {
        this.postgres = postgres;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "SEC-8",
                Area.SECURITY,
                "Code that a restored database runs during verification reaches no file, process, socket or port of the sidecar.",
                Duration.ofDays(1),
                Duration.ofMinutes(10));
    }

    @Override
    public Finding prove() throws InterruptedException {
        if (!postgres.isConfigured()) {
            throw new NotConfigured("No backups: set sidecar.backup.server.host.");
        }
        Optional<String> unisolated = postgres.unisolated();
        if (unisolated.isPresent()) {
            return Finding.inconclusive("%s", unisolated.get());
        }
        PlantedAttack.Result result = postgres.plantedAttack();
        return result.reached().isEmpty()
                ? Finding.held(
                        "A planted attack ran in a scratch server, %s, and reached nothing: no file, no port, no environment, no socket.",
                        result.isolation())
                : Finding.broken(
                        "A planted attack ran in a scratch server, %s, and reached %s.",
                        result.isolation(), Finding.list(result.reached()));
    }
}
