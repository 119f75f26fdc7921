package dev.sidecar.loki;

import dev.sidecar.peers.Peer;
import dev.sidecar.settings.Identity;
import java.time.Clock;
import java.time.Duration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(LokiProperties.class)
class LokiConfiguration {

    private static final Duration LIMIT = Duration.ofSeconds(15);

    @Bean
    Loki loki(LokiProperties settings, Identity identity, Clock clock) {
        Peer peer = new Peer("Loki", "LOKI_URL", settings.lokiUrl(), LIMIT, headers -> {
            if (settings.lokiUsername() != null && settings.lokiPassword() != null) {
                headers.setBasicAuth(
                        settings.lokiUsername(), settings.lokiPassword().reveal());
            }
            if (settings.lokiToken() != null) {
                headers.setBearerAuth(settings.lokiToken().reveal());
            }
            if (settings.lokiTenant() != null) {
                headers.set("X-Scope-OrgID", settings.lokiTenant());
            }
        });
        return new Loki(peer, identity.stack(), clock);
    }
}
