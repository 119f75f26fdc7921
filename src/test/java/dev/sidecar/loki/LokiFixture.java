package dev.sidecar.loki;

import dev.sidecar.peers.Peer;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Asks a Loki of the test. */
public final class LokiFixture {

    private LokiFixture() {}

    public static Loki at(@Nullable URI address, String stack) {
        return new Loki(new Peer("Loki", "LOKI_URL", address, Duration.ofSeconds(10)), stack, Clock.systemUTC());
    }
}
