package dev.sidecar.pitr;

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
@EnableConfigurationProperties(PitrProperties.class)
class PitrConfiguration {

    @Bean
    PgBackRest pgBackRest(PitrProperties settings) {
        return new PgBackRest(settings);
    }

    @Bean
    Pitr pitr(
            PitrProperties settings,
            PgBackRest pgBackRest,
            Postgres postgres,
            OwnChecks checks,
            MeterRegistry registry,
            Clock clock) {
        Repository repository = new Repository(pgBackRest);
        LiveCluster live = new LiveCluster(postgres);
        return new Pitr(
                settings,
                pgBackRest,
                repository,
                live,
                new RecoveryDrill(pgBackRest, repository, live, postgres, checks, settings, clock),
                new RecoveryResults(Path.of(settings.resultsFile())),
                new PitrMetrics(registry),
                clock);
    }

    @Bean
    Recoveries recoveries(PitrProperties settings, PgBackRest pgBackRest, Postgres postgres) {
        return new Recoveries(pgBackRest, new Repository(pgBackRest), new LiveCluster(postgres), postgres, settings);
    }

    @Bean
    InstanceBeside instanceBeside(PitrProperties settings, Recoveries recoveries, Clock clock) {
        String requests = settings.instance().requests();
        return requests.isBlank() ? new BesideHere(recoveries, settings) : new BesideThere(Path.of(requests), clock);
    }

    @Bean
    RecoveryShell recoveryShell(Pitr pitr, Recoveries recoveries) {
        return new RecoveryShell(pitr, recoveries);
    }

    @Bean
    @ConditionalOnWebApplication
    JobSource pitrJobs(Pitr pitr) {
        return new PitrJobs(pitr);
    }

    @Bean
    @ConditionalOnNotWebApplication
    PitrCommand pitrCommand(Pitr pitr, Recoveries recoveries) {
        return new PitrCommand(pitr, recoveries, System.out);
    }
}
