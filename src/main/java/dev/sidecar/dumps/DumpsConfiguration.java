package dev.sidecar.dumps;

import dev.sidecar.checks.OwnChecks;
import dev.sidecar.jobs.JobSource;
import dev.sidecar.postgres.Postgres;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import org.springframework.boot.autoconfigure.condition.ConditionalOnNotWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DumpsProperties.class)
class DumpsConfiguration {

    @Bean
    Dumps dumps(DumpsProperties settings, Postgres postgres, OwnChecks checks, MeterRegistry registry, Clock clock) {
        return new Dumps(
                settings,
                postgres,
                checks,
                new DumpResults(Path.of(settings.resultsFile())),
                new DumpMetrics(registry),
                clock);
    }

    @Bean
    @ConditionalOnWebApplication
    JobSource dumpJobs(Dumps dumps, DumpsProperties settings) {
        return new DumpJobs(dumps, settings);
    }

    @Bean
    @ConditionalOnNotWebApplication
    DumpsCommand dumpsCommand(Dumps dumps) {
        return new DumpsCommand(dumps, System.out);
    }
}
