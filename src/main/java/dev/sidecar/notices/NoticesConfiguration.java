package dev.sidecar.notices;

import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.JobSource;
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
@EnableConfigurationProperties(NoticesProperties.class)
class NoticesConfiguration {

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);

    @Bean
    DeadMansSwitch deadMansSwitch(NoticesProperties settings, Clock clock) {
        return new DeadMansSwitch(
                clock, settings.watchdogLimit(), settings.remindEvery(), settings.alertmanagerUrl() != null);
    }

    @Bean
    NoticeMetrics noticeMetrics(MeterRegistry registry, DeadMansSwitch deadMansSwitch) {
        return new NoticeMetrics(registry, deadMansSwitch, List.of("mail", "slack"));
    }

    @Bean
    Notices notices(NoticesProperties settings, Clock clock, NoticeMetrics metrics) {
        List<Notifier> receivers = new ArrayList<>();
        if (settings.mail().isOn()) {
            receivers.add(new MailNotifier(settings.mail(), ANSWER_LIMIT, clock));
        }
        if (settings.slack().webhookUrl() != null) {
            receivers.add(new SlackNotifier(settings.slack().webhookUrl(), ANSWER_LIMIT));
        }
        return new Notices(receivers, metrics, time -> Thread.sleep(time.toMillis()));
    }

    @Bean
    JobSource noticeJobs(
            NoticesProperties settings, DeadMansSwitch deadMansSwitch, Notices notices, Identity identity) {
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
            NoticesProperties settings, Identity identity, Clock clock, NoticeMetrics metrics, Notices notices) {
        return new BackupListener(new BackupNotices(settings.backupOutcomes(), identity, clock, metrics), notices);
    }
}
