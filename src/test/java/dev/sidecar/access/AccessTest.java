package dev.sidecar.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.jobs.Jobs;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** The whole server answers requests with and without the right credentials. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@DirtiesContext
class AccessTest {

    @TempDir
    static Path directory;

    private final HttpClient client = HttpClient.newHttpClient();
    private final int port;
    private final AdminCredentials adminCredentials;
    private final Jobs jobs;

    private String password = "";
    private String webhookToken = "";
    private String metricsToken = "";

    AccessTest(
            @Value("${local.server.port}") int port,
            @Autowired AdminCredentials adminCredentials,
            @Autowired Jobs jobs) {
        this.port = port;
        this.adminCredentials = adminCredentials;
        this.jobs = jobs;
    }

    @DynamicPropertySource
    static void settings(DynamicPropertyRegistry settings) {
        settings.add("sidecar.access.directory", () -> directory.resolve("access"));
        settings.add("sidecar.access.max-failures", () -> 3);
    }

    @BeforeEach
    void whatWasGenerated() throws Exception {
        // The server's own proof sends requests to the same paths and is refused like any client.
        jobs.stop();
        password = Files.readString(directory.resolve("access/admin-password")).strip();
        webhookToken =
                Files.readString(directory.resolve("access/webhook-token")).strip();
        metricsToken =
                Files.readString(directory.resolve("access/metrics-token")).strip();
        // The server is shared: this login ends the count of what an earlier test failed with.
        assertThat(send(request("/api/x").header("Authorization", basic("admin", password)))
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void whatWasNotGivenIsGeneratedIntoFilesForThisUserAlone() throws Exception {
        assertThat(password).hasSizeGreaterThanOrEqualTo(32).isNotEqualTo(webhookToken);
        assertThat(Files.getPosixFilePermissions(directory.resolve("access/admin-password")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/report", "/api/", "/api/backups/1"})
    void theApiRefusesWithoutALoginAndSaysWhatIsNeeded(String path) throws Exception {
        HttpResponse<String> response = send(request(path));

        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(response.headers().firstValue("WWW-Authenticate").orElse(""))
                .as("a browser must not remember the password")
                .doesNotStartWith("Basic");
        assertThat(response.body()).contains("\"status\":401", "HTTP Basic");
    }

    @Test
    void theApiLetsTheGeneratedPasswordIn() throws Exception {
        assertThat(send(request("/api/no-such-thing").header("Authorization", basic("admin", password)))
                        .statusCode())
                .isEqualTo(404);
        assertThat(send(request("/api/no-such-thing").header("Authorization", basic("root", password)))
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void aChangeByApiNeedsNoCsrfTokenWhenItBringsItsOwnAuthorization() throws Exception {
        assertThat(send(request("/api/no-such-thing")
                                .POST(HttpRequest.BodyPublishers.noBody())
                                .header("Authorization", basic("admin", password)))
                        .statusCode())
                .isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource({"none, 404", "same-origin, 404", "same-site, 403", "cross-site, 403"})
    void aPageOfSomebodyElseCannotUseAPasswordThatABrowserRemembers(String from, int expected) throws Exception {
        HttpResponse<String> response = send(request("/api/no-such-thing")
                .POST(HttpRequest.BodyPublishers.noBody())
                .header("Sec-Fetch-Site", from)
                .header("Authorization", basic("admin", password)));

        assertThat(response.statusCode()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/login", "/api/report", "/actuator/health", "/hooks/alerts"})
    void everyAnswerForbidsForeignContentAndFrames(String path) throws Exception {
        HttpResponse<String> response = send(request(path));

        assertThat(response.headers().firstValue("Content-Security-Policy").orElse(""))
                .contains("default-src 'none'", "script-src 'self';", "frame-ancestors 'none'");
        assertThat(response.headers().firstValue("X-Frame-Options")).contains("DENY");
        assertThat(response.headers().firstValue("Referrer-Policy")).contains("same-origin");
        assertThat(response.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
    }

    @Test
    void commandsPresentWhatTheServerKeeps() {
        assertThat(adminCredentials.user()).isEqualTo("admin");
        assertThat(adminCredentials.password().matches(password)).isTrue();
    }

    @Test
    @DirtiesContext // No other test gets in for five minutes.
    void anAddressIsLockedOutAfterTooManyFailuresAndThenEvenTheRightPasswordDoesNotHelp() throws Exception {
        double refused = refused("password");
        for (int i = 0; i < 3; i++) {
            assertThat(send(request("/api/x").header("Authorization", basic("admin", "guess-" + i)))
                            .statusCode())
                    .isEqualTo(401);
        }
        HttpResponse<String> locked = send(request("/api/x").header("Authorization", basic("admin", password)));

        assertThat(locked.statusCode()).isEqualTo(429);
        assertThat(locked.headers().firstValue("Retry-After")).contains("300");
        assertThat(refused("password")).isEqualTo(refused + 3);
        assertThat(refused("locked")).isEqualTo(1);
    }

    @Test
    void theHooksAreForTheWebhookTokenAlone() throws Exception {
        double before = refused("webhook_token");
        assertThat(hook(null)).isEqualTo(401);
        assertThat(hook("Bearer wrong")).isEqualTo(401);
        assertThat(hook("Bearer " + metricsToken)).isEqualTo(401);
        assertThat(hook(basic("admin", password))).isEqualTo(401);
        assertThat(hook("Bearer " + webhookToken)).isEqualTo(404);
        assertThat(refused("webhook_token")).isEqualTo(before + 4);
    }

    @Test
    void healthIsOpenAndTellsNothingElse() throws Exception {
        HttpResponse<String> health = send(request("/actuator/health/liveness"));
        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(health.body()).isEqualTo("{\"status\":\"UP\"}");
    }

    @Test
    void metricsAreForTheMachineItselfOrTheToken() throws Exception {
        assertThat(send(request("/actuator/prometheus")).statusCode()).isEqualTo(200);
        for (String forwarded : new String[] {"X-Forwarded-For", "Forwarded"}) {
            assertThat(send(request("/actuator/prometheus").header(forwarded, "127.0.0.1"))
                            .statusCode())
                    .as(forwarded)
                    .isEqualTo(401);
        }
        assertThat(send(request("/actuator/prometheus").header("Authorization", "Bearer wrong"))
                        .statusCode())
                .isEqualTo(401);
        assertThat(fromOutside("Bearer " + metricsToken)).isEqualTo(200);
        assertThat(fromOutside("Bearer " + webhookToken)).isEqualTo(401);
        assertThat(fromOutside(basic("admin", password))).isEqualTo(200);
        assertThat(fromOutside(basic("admin", "guess"))).isEqualTo(401);
    }

    @Test
    void aPageSendsAPersonToTheLoginAndTheLoginNeedsTheCsrfToken() throws Exception {
        HttpClient browser = HttpClient.newBuilder()
                .cookieHandler(new CookieManager())
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
        HttpResponse<String> page = browser.send(request("/").build(), BodyHandlers.ofString());
        assertThat(page.statusCode()).isEqualTo(302);
        assertThat(page.headers().firstValue("Location").orElse("")).endsWith("/login");

        assertThat(login(browser, password, "").statusCode())
                .as("without CSRF token")
                .isNotEqualTo(200);
        HttpResponse<String> form = browser.send(request("/login").build(), BodyHandlers.ofString());
        Matcher token = Pattern.compile("name=\"_csrf\"[^>]*value=\"([^\"]+)\"").matcher(form.body());
        assertThat(token.find()).isTrue();
        HttpResponse<String> in = login(browser, password, token.group(1));
        assertThat(in.statusCode()).isEqualTo(302);
        assertThat(in.headers().firstValue("Location").orElse("")).doesNotContain("error");
        assertThat(in.headers().firstValue("Set-Cookie").orElse("")).contains("HttpOnly", "SameSite=Strict");

        assertThat(browser.send(request("/api/no-such-thing").build(), BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(404);
        HttpResponse<String> change = browser.send(
                request("/api/no-such-thing")
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
        assertThat(change.statusCode())
                .as("a change by session without CSRF token")
                .isEqualTo(403);
        assertThat(change.body()).contains("CSRF");
    }

    private HttpResponse<String> login(HttpClient browser, String password, String csrf) throws Exception {
        return browser.send(
                request("/login")
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "username=admin&password=" + password + "&_csrf=" + csrf))
                        .build(),
                BodyHandlers.ofString());
    }

    private int hook(String authorization) throws Exception {
        HttpRequest.Builder request = request("/hooks/no-such-thing").POST(HttpRequest.BodyPublishers.ofString("{}"));
        return send(authorization == null ? request : request.header("Authorization", authorization))
                .statusCode();
    }

    private int fromOutside(String authorization) throws Exception {
        return send(request("/actuator/prometheus")
                        .header("X-Forwarded-For", "203.0.113.9")
                        .header("Authorization", authorization))
                .statusCode();
    }

    private double refused(String reason) throws Exception {
        String sample = "sidecar_access_refused_total{reason=\"%s\"} ".formatted(reason);
        return send(request("/actuator/prometheus"))
                .body()
                .lines()
                .filter(line -> line.startsWith(sample))
                .mapToDouble(line -> Double.parseDouble(line.substring(sample.length())))
                .findFirst()
                .orElseThrow();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }
}
