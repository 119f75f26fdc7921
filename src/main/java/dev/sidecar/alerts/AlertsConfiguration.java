package dev.sidecar.alerts;

import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.JobSource;
import dev.sidecar.peers.Peer;
import dev.sidecar.settings.Identity;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication
@EnableConfigurationProperties(AlertsSettings.class)
class AlertsConfiguration {

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);

    @Bean
    Alertmanager alertmanager(AlertsSettings settings) {
        return new Alertmanager(
                new Peer("Alertmanager", "sidecar.alerts.alertmanager-url", settings.alertmanagerUrl(), ANSWER_LIMIT));
    }

    @Bean
    Receipts receipts() {
        return new Receipts();
    }

    @Bean
    DeadMansSwitch deadMansSwitch(AlertsSettings settings, Clock clock) {
        return new DeadMansSwitch(
                clock, settings.watchdogLimit(), settings.remindEvery(), settings.alertmanagerUrl() != null);
    }

    @Bean
    AlertMetrics alertMetrics(MeterRegistry registry, DeadMansSwitch deadMansSwitch) {
        return new AlertMetrics(registry, deadMansSwitch, List.of("mail", "slack"));
    }

    @Bean
    Notices notices(AlertsSettings settings, Clock clock, AlertMetrics metrics) {
        List<Receiver> receivers = new ArrayList<>();
        if (settings.mail().isOn()) {
            receivers.add(new MailReceiver(settings.mail(), ANSWER_LIMIT, clock));
        }
        if (settings.slack().webhookUrl() != null) {
            receivers.add(new SlackReceiver(settings.slack().webhookUrl(), ANSWER_LIMIT));
        }
        return new Notices(receivers, metrics, time -> Thread.sleep(time.toMillis()));
    }

    @Bean
    JobSource alertJobs(AlertsSettings settings, DeadMansSwitch deadMansSwitch, Notices notices, Identity identity) {
        List<Job> jobs = new ArrayList<>();
        if (settings.alertmanagerUrl() != null) {
            jobs.add(new Watch(deadMansSwitch, notices, identity).job());
        }
        if (settings.heartbeatUrl() != null) {
            jobs.add(new Heartbeat(settings.heartbeatUrl(), deadMansSwitch).job());
        }
        return () -> jobs;
    }

    @Bean
    BackupListener backupListener(
            AlertsSettings settings, Identity identity, Clock clock, AlertMetrics metrics, Notices notices) {
        return new BackupListener(new BackupNotices(settings.backupOutcomes(), identity, clock, metrics), notices);
    }

    @Bean
    Drills drills(Alertmanager alertmanager, Receipts receipts, Identity identity, Clock clock) {
        return new Drills(alertmanager, receipts, identity, clock);
    }

    @Bean
    DrillRequests drillRequests(Drills drills, Clock clock, AlertsSettings settings) {
        return new DrillRequests(drills, clock, settings.drillPause());
    }

    @Bean
    AlertmanagerHooks alertmanagerHooks(
            Receipts receipts,
            AlertMetrics metrics,
            Alertmanager alertmanager,
            Clock clock,
            DeadMansSwitch deadMansSwitch) {
        return new AlertmanagerHooks(
                new AlertmanagerEvents(receipts, metrics, new InhibitionNames(alertmanager, clock)), deadMansSwitch);
    }

    @Bean
    AlertsController alertsController(
            Receipts receipts, DeadMansSwitch deadMansSwitch, Drills drills, DrillRequests requests) {
        return new AlertsController(receipts, deadMansSwitch, drills, requests);
    }
}
