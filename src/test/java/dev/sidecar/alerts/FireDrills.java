package dev.sidecar.alerts;

import jakarta.mail.Multipart;
import jakarta.mail.internet.MimeMessage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Real programs are broken on purpose; the alert has to fire, reach its receivers, and resolve when the fault is fixed. Rules,
 * routes and scrape jobs are the committed ones with their times divided by fifteen. Each class has programs of its own, so that
 * they wait at the same time.
 */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class FireDrills {

    private static final String HOOK = "/hooks/alerts/webhook";

    WatchedStack stack;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        stack = new WatchedStack(directory);
    }

    @AfterAll
    void stop() throws Exception {
        stack.close();
    }

    void awaitQuery(String what, String expression) {
        Awaitility.await(what)
                .atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofMillis(300))
                .until(() -> !stack.prometheus().query(expression).isEmpty());
    }

    void awaitTold(String alert, String status, String service) {
        Awaitility.await("%s of %s is told as %s".formatted(alert, service, status))
                .atMost(Duration.ofMinutes(3))
                .until(() -> told(alert, status, service).findAny().isPresent());
    }

    void awaitMail(String alert, String status) {
        Awaitility.await("mail of %s, %s".formatted(alert, status))
                .atMost(Duration.ofMinutes(3))
                .until(() -> mails(alert).anyMatch(mail -> text(mail).contains(status)));
    }

    Stream<JsonNode> told(String alert, String status, String service) {
        return stack.outside.received(HOOK).stream()
                .flatMap(message -> elements(message.json().path("alerts")))
                .filter(each -> each.path("status").asString().equals(status))
                .filter(each -> each.path("labels").path("alertname").asString().equals(alert))
                .filter(each -> each.path("labels").path("service").asString().equals(service));
    }

    Stream<MimeMessage> mails(String alert) {
        return Arrays.stream(stack.mail.getReceivedMessages())
                .filter(mail -> text(mail).contains("Alert     " + alert + ","));
    }

    static String text(MimeMessage mail) {
        try {
            return ((Multipart) mail.getContent()).getBodyPart(0).getContent().toString();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    static Stream<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }
}
