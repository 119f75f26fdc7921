package dev.sidecar.notices;

import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.JobSource;
import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.Identity;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication
@EnableConfigurationProperties(NoticesProperties.class)
class NoticesConfiguration {

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);
    /** Long enough for a first attempt by mail. */
    private static final Duration TELLING_LIMIT = Duration.ofSeconds(45);

    private static final String PUSHOVER = "https://api.pushover.net/1/messages.json";

    @Bean
    DeadMansSwitch deadMansSwitch(NoticesProperties settings, Clock clock) {
        return new DeadMansSwitch(
                clock, settings.watchdogLimit(), settings.remindEvery(), settings.alertmanagerUrl() != null);
    }

    @Bean
    NoticeMetrics noticeMetrics(MeterRegistry registry, DeadMansSwitch deadMansSwitch, Receivers receivers) {
        Set<String> names = new LinkedHashSet<>(List.of("mail", "slack"));
        receivers.all().forEach(notifier -> names.add(notifier.name()));
        return new NoticeMetrics(registry, deadMansSwitch, names);
    }

    @Bean
    Notices notices(Receivers receivers, NoticeMetrics metrics) {
        return new Notices(receivers.all(), metrics, TELLING_LIMIT, time -> Thread.sleep(time.toMillis()));
    }

    /** Those that are configured; a type of its own, as a list of beans would be another thing. */
    record Receivers(List<Notifier> all) {}

    @Bean
    Receivers receivers(NoticesProperties settings, Clock clock) {
        return new Receivers(notifiers(settings, clock));
    }

    private static List<Notifier> notifiers(NoticesProperties settings, Clock clock) {
        List<Notifier> notifiers = new ArrayList<>();
        if (settings.mail().isOn()) {
            notifiers.add(new MailNotifier(settings.mail(), ANSWER_LIMIT, clock));
        }
        hook(ChatService.SLACK, settings.slack().webhookUrl(), notifiers);
        hook(ChatService.TEAMS, settings.teams().webhookUrl(), notifiers);
        hook(ChatService.DISCORD, settings.discord().webhookUrl(), notifiers);
        hook(ChatService.MATTERMOST, settings.mattermost().webhookUrl(), notifiers);
        hook(ChatService.GOOGLE_CHAT, settings.googleChat().webhookUrl(), notifiers);
        hook(ChatService.NTFY, settings.ntfy().url(), notifiers);
        NoticesProperties.Telegram telegram = settings.telegram();
        if (telegram.botToken() != null) {
            notifiers.add(new ChatNotifier(
                    ChatService.TELEGRAM,
                    telegram.address(telegram.botToken()),
                    Secret.of(String.valueOf(telegram.chatId())),
                    ANSWER_LIMIT));
        }
        NoticesProperties.Pushover pushover = settings.pushover();
        if (pushover.token() != null) {
            notifiers.add(new ChatNotifier(
                    ChatService.PUSHOVER,
                    Secret.of(PUSHOVER),
                    Secret.of(pushover.token().reveal() + " " + pushover.userKey()),
                    ANSWER_LIMIT));
        }
        return notifiers;
    }

    private static void hook(ChatService service, @Nullable Secret address, List<Notifier> notifiers) {
        if (address != null) {
            notifiers.add(new ChatNotifier(service, address, ANSWER_LIMIT));
        }
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
