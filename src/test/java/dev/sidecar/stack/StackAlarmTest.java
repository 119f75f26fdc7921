package dev.sidecar.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import dev.sidecar.support.PrometheusServer;
import jakarta.mail.Multipart;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** The stack with its own times, unhurried, and a mail server outside of it: what the person who is woken gets, and how soon. */
@Tag("docker")
@Tag("stack")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class StackAlarmTest {

    /** How long after the database was stopped the mail may take. */
    private static final Duration PROMISE = Duration.ofMinutes(2);

    /** One more than is let pass. */
    private static final int GUESSES = 6;

    @TempDir
    static Path given;

    private static GreenMail mail;
    private static ComposeStack stack;

    @BeforeAll
    static void start() throws IOException {
        Files.setPosixFilePermissions(given, PosixFilePermissions.fromString("rwxr-xr-x"));
        mail = new GreenMail(new ServerSetup(0, "0.0.0.0", ServerSetup.PROTOCOL_SMTP));
        mail.start();
        stack = new ComposeStack("alarm", given);
        stack.set("SMTP_SMARTHOST", "host.docker.internal:" + mail.getSmtp().getPort());
        stack.set("SMTP_FROM", "alerts@our-team.test");
        stack.set("SMTP_REQUIRE_TLS", "false");
        stack.set("ALERT_MAIL_TO", "night@our-team.test");
        stack.build();
        stack.up(stack.servicesFromStandIns());
    }

    @AfterAll
    static void stop() {
        if (stack != null) {
            stack.close();
        }
        mail.stop();
    }

    /** Redis counts them itself, since 7.2, so it needs the real image; of PostgreSQL the collector counts these lines of its log. */
    @Test
    @Order(5)
    @Tag("images")
    void guessedPasswordsOfRedisAreTold() {
        awaitQuery("the counter is seen at zero", "redis_acl_access_denied_auth_total == 0");
        for (int i = 0; i < 10; i++) {
            stack.exec("redis", "redis-cli", "--user", "app", "--pass", "guess-" + i, "ping");
        }
        awaitMail("RedisAuthFailures", "FIRING", Duration.ofMinutes(4));
        assertThat(mails("RedisAuthFailures"))
                .hasSize(1)
                .allSatisfy(text ->
                        assertThat(text).contains("logins to Redis on staging-host were refused within 10 minutes"));
    }

    @Test
    @Order(2)
    void guessedPasswordsOfTheDatabaseAreInItsLogByTheirCode() {
        guessDatabasePasswords();

        String log = stack.exec("postgres", "sh", "-c", "cat /var/log/postgresql/*.json")
                .out();
        assertThat(log.lines()
                        .map(line -> JsonMapper.shared().readTree(line))
                        .filter(line -> line.path("state_code").asString("").equals("28P01"))
                        .filter(line -> line.path("user").asString("").equals("app")))
                .as("those of the drill that tries known passwords are of another role")
                .hasSize(GUESSES);
    }

    /** The collector counts those lines. Its counter is born with them, and the alert fires all the same. */
    @Test
    @Order(4)
    @Tag("images")
    void guessedPasswordsOfTheDatabaseAreTold() throws IOException {
        stack.up(List.of("loki", "alloy"));
        guessDatabasePasswords();

        awaitMail("DatabaseAuthFailures", "FIRING", Duration.ofMinutes(4));
        assertThat(mails("DatabaseAuthFailures"))
                .allSatisfy(text -> assertThat(text).contains("logins to PostgreSQL on staging-host failed"));
    }

    private static void guessDatabasePasswords() {
        for (int i = 0; i < GUESSES; i++) {
            assertThat(stack.exec(
                                    "postgres",
                                    "psql",
                                    "postgresql://app:guess-" + i + "@127.0.0.1/app",
                                    "-c",
                                    "SELECT 1")
                            .exitCode())
                    .isNotZero();
        }
    }

    /** The promise. Slow queries are on their way to an alert of their own when the database goes. */
    @Test
    @Order(3)
    void aStoppedDatabaseIsOneMailWithinTwoMinutesAndNoneOfSlowQueries() {
        stack.compose(
                "exec",
                "-d",
                "postgres",
                "sh",
                "-c",
                "while psql -qAt -U postgres -d app -c 'SELECT pg_sleep(1)'; do :; done");
        awaitQuery("SlowQueries is pending", "ALERTS{alertname=\"SlowQueries\"}");

        stack.compose("stop", "postgres");
        awaitMail("DatabaseConnectionFailed", "FIRING", PROMISE);
        stack.compose("start", "postgres");

        awaitMail("DatabaseConnectionFailed", "RESOLVED", Duration.ofMinutes(10));
        assertThat(mails("DatabaseConnectionFailed").filter(text -> text.contains("FIRING")))
                .hasSize(1);
        assertThat(mails("SlowQueries")).isEmpty();
    }

    private static void awaitMail(String alert, String status, Duration patience) {
        await("mail of %s, %s".formatted(alert, status))
                .atMost(patience)
                .until(() -> mails(alert).anyMatch(text -> text.contains(status)));
    }

    private static void awaitQuery(String what, String expression) {
        await(what)
                .atMost(Duration.ofMinutes(5))
                .pollInterval(Duration.ofSeconds(1))
                .ignoreExceptions() // A connection that breaks on a busy machine is no answer; the next one is.
                .until(() -> !PrometheusServer.get(stack.prometheus(), "/api/v1/query", Map.of("query", expression))
                        .path("result")
                        .isEmpty());
    }

    /** The texts of the mails that are about an alert. */
    private static Stream<String> mails(String alert) {
        return Arrays.stream(mail.getReceivedMessages())
                .map(StackAlarmTest::text)
                .filter(text -> text.contains("Alert     " + alert + ","));
    }

    private static String text(MimeMessage message) {
        try {
            return ((Multipart) message.getContent())
                    .getBodyPart(0)
                    .getContent()
                    .toString();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
