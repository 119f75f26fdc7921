package dev.sidecar.notices;

import static org.assertj.core.api.Assertions.assertThat;

import com.icegreen.greenmail.junit5.GreenMailExtension;
import com.icegreen.greenmail.util.ServerSetup;
import com.sun.net.httpserver.HttpServer;
import dev.sidecar.jobs.JobEnded;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.jobs.Outcome.Result;
import dev.sidecar.notices.NoticesProperties.BackupOutcomes;
import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.Identity;
import dev.sidecar.support.MutableClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** From silence to a mail in somebody's box, over a real mail server. */
class WatchTest {

    @RegisterExtension
    final GreenMailExtension greenMail = new GreenMailExtension(new ServerSetup(0, null, ServerSetup.PROTOCOL_SMTP));

    private final MutableClock clock = new MutableClock("2026-11-23T12:00:00Z");
    private final Identity identity = new Identity("staging", "box-1", "sidecar", "test");
    private final DeadMansSwitch deadMansSwitch =
            new DeadMansSwitch(clock, Duration.ofMinutes(5), Duration.ofHours(1), true);
    private final NoticeMetrics metrics = new NoticeMetrics(new SimpleMeterRegistry(), deadMansSwitch, List.of("mail"));

    @Test
    void aSilentAlarmSystemIsTwoMailsOneWhenItBeginsAndOneWhenItIsOver() throws Exception {
        Watch watch = new Watch(deadMansSwitch, notices(), identity);
        deadMansSwitch.beat();
        for (int check = 0; check < 4 * 20; check++) {
            clock.tick(Duration.ofSeconds(15));
            assertThat(watch.look().result()).isEqualTo(Result.SUCCESS);
        }
        deadMansSwitch.beat();
        watch.look();

        assertThat(greenMail.waitForIncomingEmail(10_000, 2)).isTrue();
        assertThat(greenMail.getReceivedMessages()).hasSize(2);
        assertThat(greenMail.getReceivedMessages()[0].getSubject())
                .isEqualTo("[ALARM] staging on box-1: alerting is down");
        assertThat(greenMail
                        .getReceivedMessages()[0]
                        .getContent()
                        .toString()
                        .replace("\r\n", "\n")
                        .strip())
                .isEqualTo("""
                        The Watchdog, an alert that always fires, has not arrived since 2026-11-23T12:00:00Z.
                        Prometheus or Alertmanager is down, or they cannot reach each other or this sidecar. You receive no alerts until this is fixed.

                        Check in this order:
                        1. Is Prometheus running, and does it show the alert Watchdog as firing?
                        2. Is Alertmanager running, and does it list Watchdog? Its log shows whether its webhook to the sidecar fails.
                        3. Does the sidecar reject the webhook? Status 401 in its log means a wrong token.

                        Sent by the sidecar itself, without Alertmanager.""".strip());
        assertThat(greenMail.getReceivedMessages()[1].getSubject())
                .isEqualTo("[RESOLVED] staging on box-1: alerting works again");
    }

    @Test
    void theEndOfABackupJobBecomesAMailByTheEventThatJobsPublishes() throws Exception {
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
            BackupNotices decisions = new BackupNotices(BackupOutcomes.FAILURES, identity, clock, metrics);
            context.registerBean(BackupListener.class, () -> new BackupListener(decisions, notices()));
            context.refresh();

            context.publishEvent(new JobEnded(
                    "backup-daily",
                    Outcome.failure("the disk is full"),
                    clock.instant(),
                    Duration.ofSeconds(3),
                    Instant.MAX,
                    true));

            assertThat(greenMail.waitForIncomingEmail(30_000, 1)).isTrue();
            assertThat(greenMail.getReceivedMessages()[0].getSubject())
                    .isEqualTo("[FAILED] staging on box-1: backup-daily failed");
        }
    }

    @Test
    void theOutsideIsAskedOnlyWhileTheWatchdogArrives() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        AtomicInteger status = new AtomicInteger(200);
        HttpServer outside = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        outside.createContext("/ping-s3cret", exchange -> {
            asked.incrementAndGet();
            try (exchange) {
                exchange.sendResponseHeaders(status.get(), -1);
            }
        });
        outside.start();
        try {
            Heartbeat heartbeat = new Heartbeat(
                    Secret.of("http://localhost:" + outside.getAddress().getPort() + "/ping-s3cret"), deadMansSwitch);
            assertThat(heartbeat.beat().result()).isEqualTo(Result.SKIPPED);
            deadMansSwitch.beat();
            assertThat(heartbeat.beat().result()).isEqualTo(Result.SUCCESS);
            status.set(404);
            assertThat(heartbeat.beat().result()).isEqualTo(Result.FAILURE);
            assertThat(asked).hasValue(2);

            for (int check = 0; check < 4 * 6; check++) {
                clock.tick(Duration.ofSeconds(15));
                deadMansSwitch.check();
            }
            assertThat(heartbeat.beat().result()).isEqualTo(Result.SKIPPED);
            assertThat(asked).hasValue(2);
        } finally {
            outside.stop(0);
        }
        deadMansSwitch.beat();
        deadMansSwitch.check();
        Outcome gone = new Heartbeat(Secret.of("http://localhost:1/ping-s3cret"), deadMansSwitch).beat();
        assertThat(gone.result()).isEqualTo(Result.FAILURE);
        assertThat(gone.reason()).doesNotContain("s3cret").contains("heartbeat-url");
    }

    private Notices notices() {
        NoticesProperties.Mail mail = new NoticesProperties.Mail(
                "localhost:" + greenMail.getSmtp().getPort(),
                "sidecar@example.org",
                List.of("ops@example.org"),
                null,
                null,
                false);
        return new Notices(
                List.of(new MailNotifier(mail, Duration.ofSeconds(10), clock)),
                metrics,
                Duration.ofSeconds(10),
                pause -> {});
    }
}
