package dev.sidecar.duty;

import dev.sidecar.jobs.Duty;
import dev.sidecar.jobs.Job;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.settings.Identity;
import dev.sidecar.settings.InvalidSetting;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DutyProperties.class)
class DutyConfiguration {

    /** It says nothing about the health of this process, and does not count in the health as a whole. */
    private static final Status STANDBY = new Status("STANDBY");

    @Bean
    @ConditionalOnWebApplication
    MeterBinder dutyMeter(ObjectProvider<Duty> duty) {
        Duty asked = duty.getIfAvailable(() -> Duty.ALONE);
        return registry -> Gauge.builder("sidecar.duty", asked, DutyConfiguration::value)
                .description("1 if this sidecar is on duty, as one that is alone always is; 0 if another one is")
                .strongReference(true)
                .register(registry);
    }

    private static double value(Duty duty) {
        return switch (duty.last().holder()) {
            case THIS -> 1;
            case OTHER -> 0;
            case UNKNOWN -> Double.NaN;
        };
    }

    /** For balancers, which lead people and Alertmanager to the one on duty: at {@code /actuator/health/duty}. */
    @Bean
    HealthIndicator holderHealthIndicator(ObjectProvider<Duty> duty) {
        Duty asked = duty.getIfAvailable(() -> Duty.ALONE);
        return () -> Health.status(asked.last().holder() == Duty.Holder.OTHER ? STANDBY : Status.UP)
                .build();
    }

    @Bean
    @ConditionalOnWebApplication
    @ConditionalOnProperty("sidecar.duty.shared")
    SharedDuty sharedDuty(DutyProperties properties, Postgres postgres, Identity identity) {
        InvalidSetting.unless(
                postgres.isConfigured(),
                "sidecar.duty.shared",
                properties.shared(),
                "be false without sidecar.backup.server.host: that server decides which sidecar is on duty");
        return new SharedDuty(postgres.address(), identity.stack(), properties.name());
    }

    @Bean
    @ConditionalOnWebApplication
    @ConditionalOnProperty("sidecar.duty.shared")
    Job dutyJob(SharedDuty duty) {
        return duty.job();
    }
}
