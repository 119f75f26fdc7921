package dev.sidecar.proofs.logging;

import dev.sidecar.loki.Loki;
import dev.sidecar.loki.Window;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.time.Clock;
import java.time.Duration;

final class LogQuerySpeedProof implements Proof {

    private static final Duration LIMIT = Duration.ofMillis(500);

    private final Loki loki;
    private final Clock clock;

    LogQuerySpeedProof(Loki loki, Clock clock) {
        this.loki = loki;
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "LOG-6",
                Area.LOGGING,
                "A search for errors in the last 24 hours takes less than 500 ms.",
                Duration.ofMinutes(15));
    }

    @Override
    public Finding prove() {
        Window day = Window.before(clock.instant(), Duration.ofHours(24));
        long began = System.nanoTime();
        int lines = loki.lines(loki.streams("level=~\"error|fatal\""), day, 100).size();
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        return Finding.heldIf(
                took.compareTo(LIMIT) < 0,
                "Found %d error lines of the last 24 hours in %d ms.",
                lines,
                took.toMillis());
    }
}
