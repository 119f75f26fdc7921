package dev.sidecar.farend;

import dev.sidecar.peers.Peer;
import dev.sidecar.settings.Identity;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpHeaders;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(FarEndProperties.class)
class FarEndConfiguration {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    @Bean
    FarEnd farEnd(FarEndProperties settings, Identity identity) {
        return farEnd(settings, identity, LIMIT);
    }

    static FarEnd farEnd(FarEndProperties settings, Identity identity, Duration limit) {
        Peer peer = Peer.stranger(
                "The far end",
                "REMOTE_WRITE_QUERY_URL (sidecar.far-end.url)",
                settings.url(),
                limit,
                headers -> login(headers, settings));
        return new FarEnd(peer, settings.writeUrl(), identity);
    }

    private static void login(HttpHeaders headers, FarEndProperties settings) {
        if (settings.token() != null) {
            headers.setBearerAuth(settings.token().reveal());
        }
        if (settings.username() != null && settings.password() != null) {
            headers.setBasicAuth(settings.username(), settings.password().reveal(), StandardCharsets.UTF_8);
        }
        if (settings.tenant() != null) {
            headers.set(settings.tenantHeader(), settings.tenant());
        }
    }

    @Bean
    MeterBinder farEndWritten(FarEnd farEnd) {
        return registry -> {
            if (farEnd.isConfigured()) {
                Gauge.builder("sidecar.far.end.written", farEnd::written)
                        .description("Value that the proof MET-7 last wrote, to be read back from the store elsewhere")
                        .register(registry);
            }
        };
    }
}
