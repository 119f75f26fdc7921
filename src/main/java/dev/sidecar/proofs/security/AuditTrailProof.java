package dev.sidecar.proofs.security;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.sidecar.loki.Loki;
import dev.sidecar.loki.Window;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Patience;
import dev.sidecar.proofs.Proof;
import dev.sidecar.sets.BackupFailure;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;

final class AuditTrailProof implements Proof {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Postgres postgres;
    private final Loki loki;
    private final Clock clock;

    AuditTrailProof(Postgres postgres, Loki loki, Clock clock) {
        this.postgres = postgres;
        this.loki = loki;
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "SEC-5",
                Area.SECURITY,
                "A schema change made now appears in the logs: who, what, when.",
                Duration.ofMinutes(30));
    }

    @Override
    public Finding prove() throws InterruptedException {
        if (loki.address().isEmpty() || !postgres.isConfigured()) {
            throw new NotConfigured(
                    "The drill needs Loki and PostgreSQL: set LOKI_URL and sidecar.backup.server.host.");
        }
        String table = "drill_" + UuidCreator.getTimeOrderedEpoch().toString().replace("-", "");
        change(table);
        Patience patience = new Patience(LIMIT);
        boolean found = patience.until(
                () -> loki.newest(
                                loki.streams("source=\"postgres\"") + " |= `" + table + "`",
                                Window.around(clock.instant(), Duration.ofMinutes(2)))
                        .isPresent(),
                seen -> seen);
        return Finding.heldIf(
                found,
                found
                        ? "Found CREATE TABLE %s in PostgreSQL's log after %s."
                        : "CREATE TABLE %s did not reach Loki within %s.",
                table,
                patience.seconds());
    }

    /** Creates a temporary table: the audit logs it like any change, and it disappears with the session. */
    private void change(String table) {
        try (var session = postgres.address().connectToMaintenance("sidecar [DRILL]")) {
            session.execute("CREATE TEMPORARY TABLE " + table + " (x int)");
        } catch (SQLException | BackupFailure e) {
            throw new IllegalStateException("Cannot change the schema in PostgreSQL: " + e.getMessage(), e);
        }
    }
}
