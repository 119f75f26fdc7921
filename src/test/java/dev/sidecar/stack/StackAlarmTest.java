package dev.sidecar.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.support.PrometheusServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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

    private static AlertMails mails;
    private static ComposeStack stack;

    @BeforeAll
    static void start() throws IOException {
        Files.setPosixFilePermissions(given, PosixFilePermissions.fromString("rwxr-xr-x"));
        mails = new AlertMails();
        stack = new ComposeStack("alarm", given);
        mails.comeFrom(stack);
        stack.build();
        stack.up(stack.servicesFromStandIns());
    }

    @AfterAll
    static void stop() {
        if (stack != null) {
            stack.close();
        }
        mails.close();
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
        mails.await("RedisAuthFailures", "FIRING", Duration.ofMinutes(4));
        assertThat(mails.about("RedisAuthFailures"))
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

        mails.await("DatabaseAuthFailures", "FIRING", Duration.ofMinutes(4));
        assertThat(mails.about("DatabaseAuthFailures"))
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
        mails.await("DatabaseConnectionFailed", "FIRING", PROMISE);
        stack.compose("start", "postgres");

        mails.await("DatabaseConnectionFailed", "RESOLVED", Duration.ofMinutes(10));
        assertThat(mails.about("DatabaseConnectionFailed").filter(text -> text.contains("FIRING")))
                .hasSize(1);
        assertThat(mails.about("SlowQueries")).isEmpty();
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
}
