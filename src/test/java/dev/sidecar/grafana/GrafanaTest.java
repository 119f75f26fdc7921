package dev.sidecar.grafana;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import dev.sidecar.secrets.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Grafana's answers, word for word as it gives them, become values. With Grafana itself: {@code FullStackTest}. */
class GrafanaTest {

    private static final String PATH = "/api/datasources";

    private record Answer(int status, String body) {}

    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final List<Headers> asked = new CopyOnWriteArrayList<>();
    private @Nullable Secret viewer;
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            asked.add(exchange.getRequestHeaders());
            Answer answer = answers.getOrDefault(
                    exchange.getRequestURI().getPath(), new Answer(404, "{\"message\":\"Not found\"}"));
            byte[] body = answer.body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(answer.status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        answers.put(PATH, new Answer(200, """
                [{"uid":"alertmanager","name":"Alertmanager","type":"alertmanager"},
                 {"uid":"loki","name":"Loki","type":"loki"}]"""));
        answers.put(
                PATH + "/uid/alertmanager/health",
                new Answer(
                        500,
                        "{\"statusCode\":500,\"messageId\":\"plugin.unavailable\",\"message\":\"Plugin unavailable\"}"));
        answers.put(PATH + "/proxy/uid/alertmanager/api/v2/status", new Answer(200, "{\"uptime\":\"now\"}"));
        answers.put(
                PATH + "/uid/loki/health",
                new Answer(200, "{\"status\":\"OK\",\"message\":\"Data source successfully connected.\"}"));
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void aSourceWithoutAHealthCheckIsAskedThroughTheProxy() {
        assertThat(grafana().dataSources()).isEqualTo(Map.of("Alertmanager", "OK", "Loki", "OK"));
    }

    @Test
    void aViewersTokenIsPresentedInThePlaceOfAPassword() {
        viewer = Secret.of("a.viewers.token");

        assertThat(grafana().dataSources()).containsValue("OK");

        assertThat(asked).isNotEmpty().allSatisfy(headers -> {
            assertThat(headers.getFirst("X-JWT-Assertion")).isEqualTo("a.viewers.token");
            assertThat(headers.getFirst("Authorization")).isNull();
        });
    }

    @Test
    void whatIsWrongIsSaidInGrafanasWords() {
        answers.put(PATH + "/proxy/uid/alertmanager/api/v2/status", new Answer(502, "{\"message\":\"Bad Gateway\"}"));
        answers.put(
                PATH + "/uid/loki/health",
                new Answer(404, "{\"messageId\":\"plugin.notRegistered\",\"message\":\"Plugin not registered\"}"));

        assertThat(grafana().dataSources())
                .hasEntrySatisfying("Alertmanager", said -> assertThat(said).contains("502", "Bad Gateway"))
                .hasEntrySatisfying("Loki", said -> assertThat(said).contains("404", "Plugin not registered"));
    }

    private Grafana grafana() {
        return new Grafana(new GrafanaProperties(
                URI.create("http://localhost:" + server.getAddress().getPort()),
                "admin",
                Secret.of("secret"),
                viewer,
                Duration.ofSeconds(20),
                URI.create("http://localhost:3001")));
    }
}
