package dev.sidecar.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.jobs.Jobs;
import java.io.IOException;
import java.net.CookieManager;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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

    private static final String LINK = "the-token-of-the-link-in-the-terminal";

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
        settings.add(
                "sidecar.access.directory", () -> directory.resolve("access").toString());
        settings.add("sidecar.access.login-link", () -> LINK);
        settings.add("sidecar.access.max-failures", () -> 3);
        settings.add("sidecar.access.locked-for", () -> "1s");
        settings.add("sidecar.access.hosts", () -> "sidecar.example.org, ,10.9.8.7");
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

    /** The proof that was: five wrong passwords kept the right one out for five minutes. */
    @Test
    void guessesMakeEveryLoginSlowAndNeverKeepTheRightPasswordOut() throws Exception {
        double refused = refused("password");
        for (int i = 0; i < 3; i++) {
            assertThat(send(request("/api/x").header("Authorization", basic("admin", "guess-" + i)))
                            .statusCode())
                    .isEqualTo(401);
        }
        long begun = System.nanoTime();
        HttpResponse<String> right = send(request("/api/x").header("Authorization", basic("admin", password)));

        assertThat(right.statusCode()).isEqualTo(404);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(200));
        assertThat(refused("password")).isEqualTo(refused + 3);
        assertThat(refused("locked")).isZero();
    }

    /** One test, as the link is used up by it. */
    @Test
    void theLinkOfTheStartLogsInOnceAndFromThisMachineAlone() throws Exception {
        String page = "/login/once?token=" + LINK;
        double before = refused("password");
        assertThat(location(request(page).header("X-Forwarded-For", "192.0.2.1")))
                .endsWith("/login");
        assertThat(location(request("/login/once?token=" + LINK + "x"))).endsWith("/login?error");
        assertThat(location(request("/login/once"))).endsWith("/login?error");
        assertThat(refused("password")).isEqualTo(before + 2);
        assertThat(location(request(page).POST(HttpRequest.BodyPublishers.noBody())))
                .isEmpty();

        HttpClient browser =
                HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
        HttpResponse<String> first = browser.send(request(page).build(), BodyHandlers.ofString());
        assertThat(first.headers().firstValue("Location").orElse("")).endsWith("/readiness");
        assertThat(first.headers().firstValue("Referrer-Policy")).contains("no-referrer");
        assertThat(browser.send(request("/api/report").build(), BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);

        assertThat(location(request(page))).as("used up").endsWith("/login");
    }

    private String location(HttpRequest.Builder request) throws Exception {
        return send(request).headers().firstValue("Location").orElse("");
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

    /** A proxy on the same machine that adds no header made everybody "the same machine". */
    @Test
    void metricsAreForTheTokenOrALoginAndNotForTheMachineItself() throws Exception {
        assertThat(send(request("/actuator/prometheus")).statusCode()).isEqualTo(401);
        assertThat(send(request("/actuator/info")).statusCode()).isEqualTo(401);
        for (String forwarded : new String[] {"X-Forwarded-For", "Forwarded"}) {
            assertThat(send(request("/actuator/prometheus").header(forwarded, "127.0.0.1"))
                            .statusCode())
                    .as(forwarded)
                    .isEqualTo(401);
        }
        assertThat(metrics("Bearer wrong")).isEqualTo(401);
        assertThat(metrics("Bearer " + metricsToken)).isEqualTo(200);
        assertThat(metrics("Bearer " + webhookToken)).isEqualTo(401);
        assertThat(metrics(basic("admin", password))).isEqualTo(200);
        assertThat(metrics(basic("admin", "guess"))).isEqualTo(401);
    }

    /** Over plain HTTP no browser sends Sec-Fetch-Site; a password typed into the address it sends along with every page's requests. */
    @ParameterizedTest
    @CsvSource({
        "Origin, http://evil.example",
        "Origin, null",
        "Origin, http://127.0.0.1",
        "Referer, http://evil.example/page",
        "Cookie, JSESSIONID=1"
    })
    void aPageCannotUseARememberedPasswordWhereTheBrowserDoesNotSayWhereTheRequestComesFrom(String header, String value)
            throws Exception {
        HttpResponse<String> response = send(request("/api/no-such-thing")
                .POST(HttpRequest.BodyPublishers.noBody())
                .header(header, value)
                .header("Authorization", basic("admin", password)));

        assertThat(response.statusCode()).isEqualTo(403);
    }

    /** Names made to point here by DNS, and redirects to a host that the client made up. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:8080",
                "localhost.evil.example",
                "203.0.113.5",
                "[2001:db8::1]:8080",
                "127.0.0.1.nip.io",
                "sidecar.example.org.evil.example",
                "0.0.0.0"
            })
    void aNameThatIsNotOursGetsNoAnswerAndNoRedirect(String host) throws Exception {
        for (String path : new String[] {"/", "/login", "/readiness", "/actuator/health", "/api/report", "/assets/x"}) {
            String answer = raw("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");

            assertThat(answer).startsWith("HTTP/1.1 421 ").doesNotContain("Location", host);
        }
        assertThat(raw("GET http://" + host + "/ HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 421 ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LOCALHOST:1",
                "127.0.0.1:9",
                "[::1]:8080",
                "sidecar.example.org",
                "Sidecar.Example.org.:443"
            })
    void ourNamesAreAnsweredAndNoRedirectNamesAHost(String host) throws Exception {
        String answer = raw("GET / HTTP/1.1\r\nHost: " + host + "\r\nX-Forwarded-Host: evil.example\r\n"
                + "X-Forwarded-Proto: https\r\nForwarded: host=evil.example\r\nConnection: close\r\n\r\n");

        assertThat(answer)
                .startsWith("HTTP/1.1 302 ")
                .contains("\r\nLocation: /login\r\n")
                .doesNotContain("evil")
                .doesNotContain("Secure;", "; Secure", "Strict-Transport-Security");
    }

    @Test
    void theServerIsOnTheLoopbackAddressAlone() throws Exception {
        try (Stream<NetworkInterface> interfaces = NetworkInterface.networkInterfaces()) {
            List<InetAddress> others = interfaces
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                    .toList();
            assertThat(others).as("a machine without a network proves nothing").isNotEmpty();
            for (InetAddress other : others) {
                try (Socket socket = new Socket()) {
                    assertThatThrownBy(() -> socket.connect(new InetSocketAddress(other, port), 2000))
                            .as("%s", other)
                            .isInstanceOf(IOException.class);
                }
            }
        }
    }

    @Test
    void aPageSendsAPersonToTheLoginAndTheLoginNeedsTheCsrfToken() throws Exception {
        HttpClient browser = browser();
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

    /** Whoever sends no cookie gets another session with each page. */
    @Test
    void strangersDoNotFillTheMemoryWithSessionsAndEndNobodyElses() throws Exception {
        HttpClient early = browser();
        String token = csrf(early);
        HttpClient in = browser();
        login(in, password, csrf(in));

        for (int i = 0; i <= Strangers.MOST; i++) {
            assertThat(send(request("/readiness").header("Accept", "text/html")).statusCode())
                    .isEqualTo(302);
        }

        assertThat(login(early, password, token).statusCode())
                .as("the login of a session that is over")
                .isEqualTo(403);
        assertThat(in.send(request("/api/no-such-thing").build(), BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(404);
    }

    private static HttpClient browser() {
        return HttpClient.newBuilder()
                .cookieHandler(new CookieManager())
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    private String csrf(HttpClient browser) throws Exception {
        return Surfer.csrf(
                browser.send(request("/login").build(), BodyHandlers.ofString()).body());
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

    private int metrics(String authorization) throws Exception {
        return send(request("/actuator/prometheus").header("Authorization", authorization))
                .statusCode();
    }

    private String raw(String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private double refused(String reason) throws Exception {
        String sample = "sidecar_access_refused_total{reason=\"%s\"} ".formatted(reason);
        return send(request("/actuator/prometheus").header("Authorization", "Bearer " + metricsToken))
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
