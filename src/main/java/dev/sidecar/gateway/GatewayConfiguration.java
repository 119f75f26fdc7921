package dev.sidecar.gateway;

import dev.sidecar.requests.Requests;
import dev.sidecar.requests.Routes;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.StringUtils;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(GatewayProperties.class)
class GatewayConfiguration {

    @Bean
    @ConditionalOnWebApplication
    @Conditional(UpstreamIsSet.class)
    Gateway gateway(GatewayProperties properties, MeterRegistry registry) {
        return new Gateway(parts(properties, registry));
    }

    @Bean
    @ConditionalOnWebApplication
    GatewayAddresses gatewayAddresses(GatewayProperties properties) {
        return GatewayAddresses.of(properties);
    }

    static GatewayParts parts(GatewayProperties properties, MeterRegistry registry) {
        Tags tags = Tags.of("upstream", properties.service());
        return new GatewayParts(
                properties,
                new Requests(registry, "sidecar.gateway", tags),
                new Routes(),
                new GatewayMetrics(registry, tags),
                new Hops(new TrustedProxies(properties.trustedProxies())));
    }

    /** A compose file passes an unset variable on as an empty value, which counts as none. */
    static final class UpstreamIsSet implements Condition {

        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return StringUtils.hasText(context.getEnvironment().getProperty("sidecar.gateway.upstream"));
        }
    }
}
