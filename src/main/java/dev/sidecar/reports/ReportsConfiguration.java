package dev.sidecar.reports;

import dev.sidecar.access.AdminCredentials;
import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.jobs.Schedule;
import dev.sidecar.proofs.Proofs;
import dev.sidecar.sets.Signatures;
import dev.sidecar.settings.Identity;
import java.time.Clock;
import java.time.Duration;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.info.BuildProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class ReportsConfiguration {

    @Bean
    ReportCommand reportCommand(ObjectProvider<AdminCredentials> login, ObjectProvider<Signatures> signatures) {
        return new ReportCommand(login::getObject, () -> signatures.getObject().knownKeys());
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication
    @EnableConfigurationProperties(ReportProperties.class)
    static class Server {

        private static final Duration LIMIT = Duration.ofMinutes(1);

        @Bean
        VerdictLog verdictLog(ReportProperties properties, Proofs proofs) {
            VerdictLog verdicts = new VerdictLog(properties.directory().resolve("verdicts"));
            proofs.onDrill(verdicts::drilled);
            return verdicts;
        }

        @Bean
        SignedReports signedReports(
                Proofs proofs, Composer composer, ReportProperties properties, Signatures signatures, Clock clock) {
            return new SignedReports(
                    proofs::report, composer, new ReportFolder(properties.directory()), signatures, clock);
        }

        @Bean
        Composer composer(Identity identity, ObjectProvider<BuildProperties> build, VerdictLog verdicts) {
            BuildProperties known = build.getIfAvailable();
            String version = known == null ? null : known.getVersion();
            return new Composer(identity, version == null ? "(unpackaged)" : version, verdicts);
        }

        @Bean
        Job keepVerdicts(VerdictLog verdicts) {
            return new Job(
                    "report-history",
                    Schedule.every(Duration.ofMinutes(1)),
                    LIMIT,
                    run -> verdicts.save() ? Outcome.success("verdicts saved") : Outcome.skipped("no new verdict"));
        }

        @Bean
        Job expireReports(SignedReports reports, VerdictLog verdicts, ReportProperties properties, Clock clock) {
            return new Job("report-expire", Schedule.every(Duration.ofHours(1)), LIMIT, run -> {
                int days = verdicts.expire(clock.instant(), properties.keep());
                int expired = reports.expire(properties.keep());
                return expired + days == 0
                        ? Outcome.skipped("nothing is older than sidecar.report.keep")
                        : Outcome.success("deleted %d reports and %d days of verdicts".formatted(expired, days));
            });
        }
    }
}
