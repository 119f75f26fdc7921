package dev.sidecar.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import dev.sidecar.stack.ComposeStack.Result;
import dev.sidecar.support.PrometheusServer;
import dev.sidecar.support.RunbookPages;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Incidents that are fixed by nothing but what their runbooks say: each command is taken from the page and run by a shell as it is written
 * there. What a person decides or edits between two commands is the only thing that a test adds, and is named by the page. How long it took
 * from the first look until it was over is printed.
 */
@Tag("docker")
@Tag("stack")
class RunbookStackTest {

    @TempDir
    static Path given;

    @TempDir
    static Path more;

    private static GreenMail mail;
    private static ComposeStack stack;

    @BeforeAll
    static void start() throws IOException {
        Files.setPosixFilePermissions(given, PosixFilePermissions.fromString("rwxr-xr-x"));
        mail = new GreenMail(new ServerSetup(0, "0.0.0.0", ServerSetup.PROTOCOL_SMTP));
        mail.start();
        stack = new ComposeStack("runbook", given);
        stack.set("LOGS_AND_DASHBOARDS", "0");
        stack.set("SMTP_SMARTHOST", mailServer());
        stack.set("SMTP_FROM", "alerts@our-team.test");
        stack.set("SMTP_REQUIRE_TLS", "false");
        stack.set("ALERT_MAIL_TO", "night@our-team.test");
        // What lies on a disk of this kind counts as memory of the container.
        stack.alsoFrom(Files.writeString(more.resolve("small-disk.yml"), """
                services:
                  sidecar:
                    mem_limit: 1g
                volumes:
                  backups:
                    driver_opts: {type: tmpfs, device: tmpfs, o: "size=128m,uid=10010,gid=10010,mode=0750"}
                """));
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

    private static String mailServer() {
        return "host.docker.internal:" + mail.getSmtp().getPort();
    }

    @Test
    void aStoppedDatabase() {
        stack.compose("stop", "postgres");
        awaitQuery(
                "DatabaseConnectionFailed fires",
                "ALERTS{alertname=\"DatabaseConnectionFailed\", alertstate=\"firing\"}");

        Instant began = Instant.now();
        assertThat(look("DatabaseConnectionFailed")).contains("Exited");
        fix("DatabaseConnectionFailed");
        await("the server answers, as the page asks")
                .atMost(Duration.ofMinutes(5))
                .until(() -> RunbookPages.commands("DatabaseConnectionFailed", "Over when").stream()
                        .allMatch(command -> typed(command).exitCode() == 0));
        RunbookPages.queries("DatabaseConnectionFailed", "Over when").forEach(query -> awaitQuery(query, query));
        took("a stopped PostgreSQL", began);
    }

    @Test
    void aWrongMailServer() {
        stack.set("SMTP_SMARTHOST", "host.docker.internal:1");
        assertThat(stack.compose("up", "-d", "--wait", "--force-recreate", "alertmanager", "sidecar")
                        .exitCode())
                .isZero();
        assertThat(typed("backup/sidecar.sh alert test --route operational-critical")
                        .exitCode())
                .isEqualTo(10);

        Instant began = Instant.now();
        assertThat(look("NotificationsFailing")).contains("connect");
        // "Correct … the mail server and addresses in .env."
        stack.set("SMTP_SMARTHOST", mailServer());
        String said = fix("NotificationsFailing");
        took("a wrong mail server", began);

        assertThat(said).contains("delivered");
        assertThat(mail.getReceivedMessages()).isNotEmpty();
        assertThat(RunbookPages.queries("NotificationsFailing", "Over when"))
                .allSatisfy(RunbookStackTest::awaitNothing);
        took("a wrong mail server, with the ten minutes that the counter looks back", began);
    }

    /** The run fails in the server, as at night; whoever opens the page of backups afterwards has the new one counted at once. */
    @Test
    void aFullDiskOfBackups() throws Exception {
        assertThat(typed("backup/sidecar.sh backup").exitCode()).isZero();
        Result full = stack.exec("sidecar", "sh", "-c", "cat /dev/zero > /var/lib/sidecar/export.sql");
        assertThat(full.err()).contains("No space left on device");
        assertThat(asked("POST", "{\"database\": \"app\"}")).isEqualTo(202);
        awaitQuery("the failed run is known", "sidecar_backup_last_run_success{database=\"app\"} == 0");

        Instant began = Instant.now();
        assertThat(look("BackupFailed")).contains("free, but a backup needs");
        // "No space: BackupRoomShort."
        assertThat(look("BackupRoomShort")).contains("100%", "/var/lib/sidecar/export.sql");
        // "If something else grows on that volume …, delete it"
        assertThat(stack.exec("sidecar", "rm", "/var/lib/sidecar/export.sql").exitCode())
                .isZero();
        fix("BackupFailed");
        assertThat(asked("GET", "")).isEqualTo(200);
        assertThat(RunbookPages.queries("BackupFailed", "Over when")).allSatisfy(RunbookStackTest::awaitNothing);
        took("a full disk of backups", began);
    }

    /** @return the status of an answer about backups */
    private static int asked(String method, String body) throws Exception {
        String password = stack.exec("sidecar", "cat", "/run/secrets/sidecar/admin_password")
                .out()
                .strip();
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(stack.url("CONTROL_PORT", "/api/backups")))
                                .header(
                                        "Authorization",
                                        "Basic " + Base64.getEncoder().encodeToString(("admin:" + password).getBytes()))
                                .header("Content-Type", "application/json")
                                .method(method, BodyPublishers.ofString(body))
                                .build(),
                        BodyHandlers.discarding())
                .statusCode();
    }

    /** @return what the commands printed */
    private static String look(String alert) {
        return run(RunbookPages.commands(alert, "First look"));
    }

    private static String fix(String alert) {
        return run(RunbookPages.commands(alert, "Fix"));
    }

    private static String run(List<String> commands) {
        assertThat(commands).isNotEmpty();
        StringBuilder said = new StringBuilder();
        for (String command : commands) {
            Result result = typed(command);
            assertThat(result.exitCode()).as("%s%n%s", command, result.all()).isZero();
            said.append(result.all());
        }
        return said.toString();
    }

    /** As it stands on the page; the project and the settings are what {@code .env} would hold. */
    private static Result typed(String command) {
        return stack.script("sh", "-c", command);
    }

    private static void took(String incident, Instant began) {
        System.out.printf(
                "%s: over %d s after the first look%n",
                incident, Duration.between(began, Instant.now()).toSeconds());
    }

    private static void awaitQuery(String what, String expression) {
        await(what)
                .atMost(Duration.ofMinutes(5))
                .pollInterval(Duration.ofSeconds(1))
                .ignoreExceptions() // A connection that breaks on a busy machine is no answer; the next one is.
                .until(() -> !isEmpty(expression));
    }

    private static void awaitNothing(String expression) {
        await("nothing of " + expression)
                .atMost(Duration.ofMinutes(13))
                .pollInterval(Duration.ofSeconds(2))
                .ignoreExceptions()
                .until(() -> isEmpty(expression));
    }

    private static boolean isEmpty(String expression) {
        return PrometheusServer.get(stack.prometheus(), "/api/v1/query", Map.of("query", expression))
                .path("result")
                .isEmpty();
    }
}
