package dev.sidecar.stack;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import jakarta.mail.Multipart;
import jakarta.mail.internet.MimeMessage;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A mail server outside of a stack, and what the person who is woken gets there. */
final class AlertMails implements AutoCloseable {

    private final GreenMail server = new GreenMail(new ServerSetup(0, "0.0.0.0", ServerSetup.PROTOCOL_SMTP));

    AlertMails() {
        server.start();
    }

    /** Has the stack send its mails here. */
    void comeFrom(ComposeStack stack) {
        stack.set("SMTP_SMARTHOST", "host.docker.internal:" + server.getSmtp().getPort());
        stack.set("SMTP_FROM", "alerts@our-team.test");
        stack.set("SMTP_REQUIRE_TLS", "false");
        stack.set("ALERT_MAIL_TO", "night@our-team.test");
    }

    void await(String alert, String status, Duration patience) {
        Awaitility.await("mail of %s, %s".formatted(alert, status))
                .atMost(patience)
                .until(() -> about(alert).anyMatch(text -> text.contains(status)));
    }

    /** The texts of the mails that are about an alert. */
    Stream<String> about(String alert) {
        return Arrays.stream(server.getReceivedMessages())
                .map(AlertMails::text)
                .filter(text -> text.contains("Alert     " + alert + ","));
    }

    /** The plain text of a mail of Alertmanager, which has two parts, or of the sidecar's own, which has one. */
    private static String text(MimeMessage message) {
        try {
            Object content = message.getContent();
            return content instanceof Multipart parts
                    ? parts.getBodyPart(0).getContent().toString()
                    : content.toString();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.stop();
    }
}
