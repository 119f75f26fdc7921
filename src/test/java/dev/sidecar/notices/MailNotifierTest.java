package dev.sidecar.notices;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.icegreen.greenmail.configuration.GreenMailConfiguration;
import com.icegreen.greenmail.junit5.GreenMailExtension;
import com.icegreen.greenmail.util.ServerSetup;
import dev.sidecar.secrets.Secret;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.MutableClock;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class MailNotifierTest extends NotifierContract {

    @RegisterExtension
    final GreenMailExtension greenMail = new GreenMailExtension(new ServerSetup(0, null, ServerSetup.PROTOCOL_SMTP))
            .withConfiguration(GreenMailConfiguration.aConfig().withUser("ops@example.org", "sidecar", SECRET));

    private SmtpDouble failing;
    private int port;
    private boolean requireTls;

    @AfterEach
    void stop() throws Exception {
        if (failing != null) {
            failing.close();
        }
    }

    @Override
    Notifier receiver() {
        return receiver(port == 0 ? greenMail.getSmtp().getPort() : port, SECRET);
    }

    private Notifier receiver(int smtpPort, String password) {
        return new MailNotifier(
                new NoticesProperties.Mail(
                        "localhost:" + smtpPort,
                        "Sidecar <sidecar@example.org>",
                        List.of("ops@example.org", "boss@example.org"),
                        "sidecar",
                        Secret.of(password),
                        requireTls),
                Duration.ofSeconds(2),
                new MutableClock("2026-11-23T12:00:00Z"));
    }

    @Override
    void assertReceived(Notice notice) throws Exception {
        assertThat(greenMail.waitForIncomingEmail(10_000, 2)).isTrue();
        assertThat(greenMail.getReceivedMessages()).hasSize(2);
        MimeMessage mail = greenMail.getReceivedMessages()[0];
        assertThat(mail.getSubject()).isEqualTo("[ALARM] staging on box-1: grüße Bcc: thief@example.org");
        assertThat(mail.getHeader("Bcc")).isNull();
        assertThat(mail.getFrom()[0]).hasToString("Sidecar <sidecar@example.org>");
        assertThat(mail.getAllRecipients())
                .extracting(Object::toString)
                .containsExactly("ops@example.org", "boss@example.org");
        assertThat(mail.getSentDate()).isEqualTo("2026-11-23T12:00:00Z");
        assertThat(mail.getContent().toString().replace("\r\n", "\n").strip())
                .isEqualTo(notice.text().strip());
    }

    @Override
    Stream<Failure> failures() {
        return Stream.of(
                new Failure("AUTH=535 5.7.8 bad credentials " + "sidecar", DeliveryProblem.AUTH),
                new Failure("MAIL=530 5.7.0 authentication required", DeliveryProblem.AUTH),
                new Failure("RCPT=550 5.1.1 no such user", DeliveryProblem.REJECTED_ADDRESS),
                new Failure("DATA=554 5.7.1 refused as spam", DeliveryProblem.REJECTED_MESSAGE),
                new Failure(".=552 5.3.4 too big", DeliveryProblem.REJECTED_MESSAGE),
                new Failure(".=451 4.3.0 try again later", DeliveryProblem.RATE_LIMITED),
                new Failure(".=450 4.7.1 greylisted", DeliveryProblem.RATE_LIMITED),
                new Failure("GREETING=421 4.3.2 shutting down", DeliveryProblem.SERVER_ERROR),
                new Failure("GREETING=", DeliveryProblem.TIMEOUT),
                new Failure("DATA=", DeliveryProblem.TIMEOUT),
                new Failure("MAIL=CUT", DeliveryProblem.UNREACHABLE),
                new Failure("no TLS although required", DeliveryProblem.TLS),
                new Failure("is not there", DeliveryProblem.UNREACHABLE));
    }

    @Override
    void provoke(Failure failure) throws Exception {
        if (failing != null) {
            failing.close();
        }
        requireTls = failure.name().startsWith("no TLS");
        if (failure.name().equals("is not there")) {
            port = FreePort.get();
            return;
        }
        String[] reply = failure.name().split("=", 2);
        failing = new SmtpDouble(reply.length == 2 ? Map.of(reply[0], reply[1]) : Map.of());
        port = failing.port();
    }

    /** Each letter comes within the limit of an answer, and the answer never ends. */
    @Test
    void aServerThatSaysOneLetterAfterTheOtherHoldsNobodyForLong() throws Exception {
        try (ServerSocket trickling = new ServerSocket(0, 1, InetAddress.getByName("localhost"))) {
            Thread letters = new Thread(() -> {
                try (Socket client = trickling.accept()) {
                    while (true) {
                        client.getOutputStream().write('2');
                        client.getOutputStream().flush();
                        LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
                    }
                } catch (IOException e) {
                    // The client has gone, which is what was wanted.
                }
            });
            letters.start();
            Delivery delivery = assertTimeoutPreemptively(
                    Duration.ofSeconds(60),
                    () -> receiver(trickling.getLocalPort(), SECRET).deliver(NOTICE));
            assertThat(delivery.isDone()).isFalse();
            letters.join(Duration.ofSeconds(30).toMillis());
            assertThat(letters.isAlive()).isFalse();
        }
    }

    @Test
    void aRealServerRefusesAWrongPasswordAndTheReasonSaysSo() {
        Delivery delivery =
                receiver(greenMail.getSmtp().getPort(), "wrong-" + SECRET).deliver(NOTICE);
        assertThat(delivery.reason()).isEqualTo(DeliveryProblem.AUTH);
        assertThat(delivery.toString()).doesNotContain(SECRET);
    }
}
