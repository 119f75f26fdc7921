package dev.sidecar.gateway;

import dev.sidecar.requests.Exemplars;
import dev.sidecar.requests.Requests;
import dev.sidecar.requests.Routes;
import dev.sidecar.settings.Identity;
import dev.sidecar.traces.Spans;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.StringUtils;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(GatewayProperties.class)
class GatewayConfiguration {

    @Bean
    @Profile("!command")
    @Conditional(ServesHere.class)
    Gateway gateway(GatewayProperties properties, Identity identity, Clock clock, MeterRegistry registry) {
        return new Gateway(parts(properties, identity, clock, registry));
    }

    /** The registry of metrics asks it. */
    @Bean
    Exemplars exemplars() {
        return new Exemplars();
    }

    @Bean
    @ConditionalOnWebApplication
    GatewayAddresses gatewayAddresses(GatewayProperties properties) {
        return GatewayAddresses.of(properties);
    }

    static GatewayParts parts(GatewayProperties properties, Identity identity, Clock clock, MeterRegistry registry) {
        Tags tags = Tags.of("upstream", properties.service());
        return new GatewayParts(
                properties,
                new Requests(registry, "sidecar.gateway", tags, true),
                new Routes(),
                new GatewayMetrics(registry, tags),
                new Hops(
                        new TrustedProxies(properties.trustedProxies()),
                        new TrustedProxies(properties.tracing().trustedPeers())),
                new Shares(),
                new Shares(),
                Spans.to(properties.tracing().destination(), identity, clock, registry, tags));
    }

    /**
     * The gateway runs in this process: always in the role of that name, else if there is an API and nobody says that another process is
     * its gateway. A compose file passes an unset variable on as an empty value, which counts as none.
     */
    static final class ServesHere implements Condition {

        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            Environment environment = context.getEnvironment();
            return environment.matchesProfiles("gateway")
                    || StringUtils.hasText(environment.getProperty("sidecar.gateway.upstream"))
                            && !StringUtils.hasText(environment.getProperty("sidecar.gateway.url"));
        }
    }
}
