package dev.sidecar.preflight;

import dev.sidecar.preflight.farend.StoreElsewhere;
import dev.sidecar.preflight.issuer.LoginIssuer;
import dev.sidecar.preflight.pitr.PointInTime;
import dev.sidecar.preflight.satellites.Pushes;
import dev.sidecar.preflight.tracing.TraceStore;
import dev.sidecar.probes.Probes;
import dev.sidecar.settings.Identity;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
                new Secrets(
                        PointInTime.isOn(settings::get) ? StackSecrets.ALL : StackSecrets.WITHOUT_PITR,
                        given,
                        secrets,
                        new GeneratedSecret()),
                new RedisFiles(settings, secrets),
                new WebLogins(secrets),
                new GrafanaViewer(secrets),
                new RestoreLogin(settings, secrets.resolve("sidecar")),
                new BackupKey(settings, secrets.resolve("sidecar")),
                plan -> logins(new LoginIssuer(settings::get, plan::content, secrets.resolve("sidecar")), plan),
                plan -> pointInTime(new PointInTime(settings::get, plan::content, secrets, clock), settings, plan),
                plan -> traces(new TraceStore(settings::get, plan::content, secrets), plan),
                new EdgeCertificate(given, nginx, clock),
                new EdgeLimits(settings, nginx),
                plan -> satellites(new Pushes(settings::get, plan::content, secrets), settings, plan),
                new SmallStack(settings, secrets.resolve("sidecar")),
                new MailSettings(settings, secrets),
                new Channels(settings, secrets),
                plan -> elsewhere(new StoreElsewhere(settings::get, plan::content, secrets), plan),
                new ScrapeTargets(settings, identity, directories.config().resolve("prometheus/targets"), nginx),
                new RenderedConfiguration("prometheus", directories, settings),
                new RenderedConfiguration("alertmanager", directories, settings),
                new RenderedConfiguration(
                        "grafana", "grafana/provisioning/datasources/datasources.yml", directories, settings),
                new ReportFile(isolation, secrets.resolve("sidecar/preflight.json")));
    }

    private static void logins(LoginIssuer issuer, Plan plan) {
        issuer.problems()
                .forEach(problem -> plan.found(ReportLine.wrong(problem.subject(), problem.what(), problem.fix())));
        plan.found(issuer.description()
                .map(who -> ReportLine.on("login at an issuer", who))
                .orElse(ReportLine.off("login at an issuer", LoginIssuer.SWITCH + " is not set")));
        write(issuer.files(), plan);
    }

    private static void traces(TraceStore store, Plan plan) {
        store.problem()
                .ifPresentOrElse(
                        problem -> plan.found(ReportLine.wrong(problem.setting(), problem.what(), problem.fix())),
                        () -> plan.found(store.destination()
                                .map(where -> ReportLine.on("traces", where))
                                .orElse(ReportLine.off("traces", TraceStore.SWITCH + " is not 1"))));
        write(store.files(), plan);
    }

    private static void elsewhere(StoreElsewhere store, Plan plan) {
        store.problems()
                .forEach(problem -> plan.found(ReportLine.wrong(problem.subject(), problem.what(), problem.fix())));
        plan.found(store.destination()
                .map(where -> ReportLine.on("far end", where))
                .orElse(ReportLine.off("far end", StoreElsewhere.SWITCH + " is not set: samples stay here")));
        store.notes().forEach(note -> plan.found(ReportLine.note(note.subject(), note.what())));
        write(store.files(), plan);
    }

    private static void satellites(Pushes pushes, Settings settings, Plan plan) {
        if (!Pushes.isOn(settings::get)) {
            plan.found(ReportLine.off("other hosts", Pushes.SWITCH + " is not 1"));
        } else {
            pushes.problem()
                    .ifPresentOrElse(
                            problem -> plan.found(ReportLine.wrong(problem.setting(), problem.what(), problem.fix())),
                            () -> plan.found(
                                    ReportLine.on(
                                            "other hosts",
                                            "may push to /satellites/ at the edge once they are added: sidecar host add NAME")));
        }
        write(pushes.files(), plan);
    }

    private static void write(Map<Path, Optional<String>> files, Plan plan) {
        files.forEach(
                (file, content) -> content.ifPresentOrElse(text -> plan.write(file, text), () -> plan.remove(file)));
    }

    private static void pointInTime(PointInTime pitr, Settings settings, Plan plan) {
        if (!PointInTime.isOn(settings::get)) {
            plan.found(ReportLine.off("point-in-time recovery", PointInTime.SWITCH + " is not 1"));
        } else if (pitr.problem().isPresent()) {
            pitr.problem()
                    .ifPresent(
                            problem -> plan.found(ReportLine.wrong(problem.setting(), problem.what(), problem.fix())));
            return;
        } else {
            plan.found(ReportLine.on(
                    "point-in-time recovery",
                    "into " + pitr.repository() + "; store a copy of its key elsewhere: docker compose -f"
                            + " docker-compose.staging.yml exec sidecar cat /run/secrets/sidecar/pitr_cipher_pass"));
        }
        write(pitr.files(), plan);
    }
}
