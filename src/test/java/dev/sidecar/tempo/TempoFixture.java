package dev.sidecar.tempo;

import dev.sidecar.peers.Peer;
import java.net.URI;
import java.time.Duration;

/** Asks a Tempo of the test. */
public final class TempoFixture {

    private TempoFixture() {}

    public static Tempo at(URI address) {
        return new Tempo(new Peer("Tempo", "sidecar.traces.tempo-url", address, Duration.ofSeconds(10)));
    }
}
