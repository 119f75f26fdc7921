package dev.sidecar.tempo;

import dev.sidecar.peers.Peer;
import java.time.Duration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(TempoProperties.class)
class TempoConfiguration {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    @Bean
    Tempo tempo(TempoProperties settings) {
        return new Tempo(new Peer("Tempo", "sidecar.traces.tempo-url", settings.tempoUrl(), LIMIT));
    }
}
