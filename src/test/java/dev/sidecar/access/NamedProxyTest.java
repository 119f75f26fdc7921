package dev.sidecar.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.SidecarApplication;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** The control plane behind a proxy with TLS, and sessions across a change of the password. */
class NamedProxyTest {

    private static final String FORWARDED =
            "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: sidecar.example.org\r\n";

    @TempDir
    Path folder;

    @Test
    void behindANamedProxyWithTlsTheCookieIsSecure() throws IOException {
        try (ConfigurableApplicationContext server = start("--sidecar.access.trusted-proxies=127.0.0.0/8")) {
            String form = get(server, "/login", "Host: inner\r\n" + FORWARDED);

            assertThat(form).startsWith("HTTP/1.1 200 ").contains("Strict-Transport-Security");
            assertThat(cookie(form)).contains("Secure", "HttpOnly", "SameSite=Strict");
            assertThat(get(server, "/", "Host: inner\r\n" + FORWARDED.replace("sidecar.", "evil.")))
                    .startsWith("HTTP/1.1 421 ");
        }
    }

    @Test
    void fromAnybodyElseForwardedHeadersAreNothing() throws IOException {
        try (ConfigurableApplicationContext server = start("--sidecar.access.trusted-proxies=10.1.2.3")) {
            String form = get(server, "/login", "Host: localhost\r\n" + FORWARDED);

            assertThat(form).startsWith("HTTP/1.1 200 ").doesNotContain("Strict-Transport-Security");
            assertThat(cookie(form)).doesNotContain("Secure");
            assertThat(get(server, "/login", "Host: inner\r\n" + FORWARDED)).startsWith("HTTP/1.1 421 ");
        }
    }

    /** Uptime Kuma's sessions outlived passwords; here they are kept over a restart on purpose. */
    @Test
    void aSessionEndsWhenThePasswordChanges() throws IOException {
        String[] kept = {
            "--server.servlet.session.persistent=true",
            "--server.servlet.session.store-dir=" + folder.resolve("sessions"),
            "--sidecar.access.admin-password=the first password of a person"
        };
        String session;
        try (ConfigurableApplicationContext server = start(kept)) {
            session = logIn(server, "the first password of a person");
            assertThat(get(server, "/readiness", "Host: localhost\r\nCookie: " + session + "\r\n"))
                    .startsWith("HTTP/1.1 200 ");
        }
        try (ConfigurableApplicationContext server = start(kept)) {
            assertThat(get(server, "/readiness", "Host: localhost\r\nCookie: " + session + "\r\n"))
                    .as("the same password: this test really keeps sessions")
                    .startsWith("HTTP/1.1 200 ");
        }
        kept[2] = "--sidecar.access.admin-password=another password of a person";
        try (ConfigurableApplicationContext server = start(kept)) {
            assertThat(get(server, "/readiness", "Host: localhost\r\nCookie: " + session + "\r\n"))
                    .startsWith("HTTP/1.1 302 ")
                    .contains("Location: /login");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nginx", "10.0.0.0/33", "10.0.0", ".*", "10.0.0.1|.*"})
    void aProxyThatIsNoAddressStopsTheStart(String proxy) {
        assertThatThrownBy(() -> NamedProxies.list(List.of(proxy)))
                .hasMessageContaining("sidecar.access.trusted-proxies is '" + proxy + "'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://sidecar", "sidecar:8080", "*", "two words", "a/b"})
    void aHostThatIsNoneStopsTheStart(String host) {
        assertThatThrownBy(() -> new AllowedHosts(List.of(host)))
                .hasMessageContaining("sidecar.access.hosts is '" + host + "'");
    }

    private ConfigurableApplicationContext start(String... settings) {
        SpringApplication application = new SpringApplication(SidecarApplication.class);
        String[] all = new String[settings.length + 3];
        System.arraycopy(settings, 0, all, 0, settings.length);
        all[settings.length] = "--server.port=0";
        all[settings.length + 1] = "--sidecar.access.directory=" + folder.resolve("access");
        all[settings.length + 2] = "--sidecar.access.hosts=sidecar.example.org";
        return application.run(all);
    }

    private static String logIn(ConfigurableApplicationContext server, String password) throws IOException {
        String form = get(server, "/login", "Host: localhost\r\n");
        Matcher token = Pattern.compile("name=\"_csrf\"[^>]*value=\"([^\"]+)\"").matcher(form);
        assertThat(token.find()).isTrue();
        String body = "username=admin&password=" + URLEncoder.encode(password, StandardCharsets.UTF_8) + "&_csrf="
                + URLEncoder.encode(token.group(1), StandardCharsets.UTF_8);
        String answer = send(
                server,
                "POST /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: "
                        + cookie(form).replaceFirst(";.*", "")
                        + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " + body.length()
                        + "\r\n\r\n" + body);
        assertThat(answer).startsWith("HTTP/1.1 302 ").doesNotContain("error");
        return cookie(answer).replaceFirst(";.*", "");
    }

    private static String cookie(String answer) {
        return answer.lines()
                .filter(line -> line.startsWith("Set-Cookie: JSESSIONID"))
                .findFirst()
                .orElseThrow(() -> new AssertionError(answer))
                .substring("Set-Cookie: ".length());
    }

    private static String get(ConfigurableApplicationContext server, String path, String headers) throws IOException {
        return send(server, "GET " + path + " HTTP/1.1\r\nConnection: close\r\n" + headers + "\r\n");
    }

    private static String send(ConfigurableApplicationContext server, String request) throws IOException {
        int port = Integer.parseInt(server.getEnvironment().getProperty("local.server.port", "0"));
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
