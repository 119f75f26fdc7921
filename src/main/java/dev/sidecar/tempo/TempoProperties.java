package dev.sidecar.tempo;

import dev.sidecar.peers.Peer;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of the connection to Tempo.
 *
 * @param tempoUrl the base of Tempo's HTTP interface, such as {@code http://tempo:3200}; null if nobody keeps traces
 */
@ConfigurationProperties("sidecar.traces")
record TempoProperties(@Nullable URI tempoUrl) {

    TempoProperties {
        tempoUrl = tempoUrl == null || tempoUrl.toString().isBlank() ? null : tempoUrl;
        Peer.requireAddress("sidecar.traces.tempo-url", tempoUrl);
    }
}
