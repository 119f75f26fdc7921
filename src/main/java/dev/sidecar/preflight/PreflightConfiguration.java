package dev.sidecar.preflight;

import dev.sidecar.probes.Probes;
import dev.sidecar.settings.Identity;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(PreflightProperties.class)
class PreflightConfiguration {

    @Bean
    PreflightCommand preflightCommand(
            PreflightProperties directories,
            Identity identity,
            Environment environment,
            Clock clock,
            ObjectProvider<Probes> probes) {
        return new PreflightCommand(
                new Preflight(steps(directories, identity, new Settings(environment::getProperty), clock)),
                probes::getObject);
    }

    /** The order matters: a later step reads the files that an earlier one will write. */
    static List<Step> steps(PreflightProperties directories, Identity identity, Settings settings, Clock clock) {
        GivenFiles given = new GivenFiles(directories.given());
        Path secrets = directories.secrets();
        Path nginx = secrets.resolve("nginx");
        Isolation isolation = new Isolation(directories.stack().resolve("docker-compose.staging.yml"));
        return List.of(
                isolation,
                given,
                new MountedFiles(directories.stack()),
                new StackSettings(settings),
                new Secrets(StackSecrets.ALL, given, secrets, new GeneratedSecret()),
                new RedisFiles(settings, secrets),
                new WebLogins(secrets),
                new GrafanaViewer(secrets),
                new RestoreLogin(settings, secrets.resolve("sidecar")),
                new BackupKey(settings, secrets.resolve("sidecar")),
                new EdgeCertificate(given, nginx, clock),
                new EdgeLimits(settings, nginx),
                new SmallStack(settings, secrets.resolve("sidecar")),
                new MailSettings(settings, secrets),
                new Channels(settings, secrets),
                new ScrapeTargets(settings, identity, directories.config().resolve("prometheus/targets"), nginx),
                new RenderedConfiguration("prometheus", directories, settings),
                new RenderedConfiguration("alertmanager", directories, settings),
                new ReportFile(isolation, secrets.resolve("sidecar/preflight.json")));
    }
}
