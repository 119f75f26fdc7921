package dev.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The actuator shows what it should of a server that has secrets, and nothing else. */
class ActuatorTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final String ADMIN = "Adm1n-never-to-be-seen";
    private static final String TOKEN = "T0ken-never-to-be-seen";

    @TempDir
    private static Path folder;

    private static ConfigurableApplicationContext server;

    @BeforeAll
    static void start() {
        server = new SpringApplicationBuilder(SidecarApplication.class)
                .run(
                        "--server.port=0",
                        "--sidecar.gateway.port=0",
                        "--sidecar.gateway.upstream=http://127.0.0.1:9",
                        "--sidecar.access.directory=" + folder,
                        "--sidecar.access.admin-password=" + ADMIN,
                        "--sidecar.access.webhook-token=" + TOKEN);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void healthIsOpenAndWithoutDetails() throws Exception {
        HttpResponse<String> health = anonymous("/actuator/health");

        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(health.body())
                .contains("\"status\":\"UP\"", "\"liveness\"", "\"readiness\"")
                .doesNotContain("details", "components");
        assertThat(anonymous("/actuator/health/liveness").body()).isEqualTo("{\"status\":\"UP\"}");
        assertThat(anonymous("/actuator/health/readiness").body()).isEqualTo("{\"status\":\"UP\"}");
    }

    @Test
    void infoIsVersionAndCommit() throws Exception {
        assertThat(admin("/actuator/info").body())
                .containsPattern("\"version\":\"\\d+\\.\\d+\\.\\d+[^\"]*\"")
                .containsPattern("\"commit\":\\{[^}]*\"id\":\"[0-9a-f]{7,40}\"");
    }

    @Test
    void metricsAreThereWithoutASecretInThem() throws Exception {
        assertThat(admin("/actuator/prometheus").body())
                .contains("sidecar_gateway_requests_in_flight{upstream=\"api\"} 0.0", "jvm_memory_used_bytes")
                .doesNotContain(ADMIN, TOKEN)
                .doesNotContain("http_server_requests");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "env",
                "beans",
                "configprops",
                "heapdump",
                "threaddump",
                "loggers",
                "mappings",
                "conditions",
                "metrics",
                "scheduledtasks",
                "caches",
                "shutdown",
                "sbom",
                "startup",
                "httpexchanges",
                "auditevents",
                "logfile",
                "sessions",
                "jolokia",
                "health/..;/env",
                "env;.css",
                "ENV"
            })
    void nothingElseIsExposedNotEvenToTheAdministrator(String endpoint) throws Exception {
        assertThat(admin("/actuator/" + endpoint).statusCode()).isIn(400, 404);
        assertThat(admin("/actuator").body()).doesNotContain("/actuator/" + endpoint);
    }

    /** An answer that repeats the request would hand a page the cookie that no script may read. */
    @Test
    void noMethodRepeatsTheRequest() throws Exception {
        for (String method : List.of("TRACE", "TRACK", "DEBUG", "CONNECTED", "OPTIONS")) {
            for (String path :
                    List.of("/login", "/readiness", "/actuator/health", "/actuator/prometheus", "/api/backups")) {
                HttpResponse<String> answer = get(request(path)
                        .header("Cookie", "SESSION=repeated")
                        .method(method, HttpRequest.BodyPublishers.noBody()));
                assertThat(answer.statusCode()).as(method + " " + path).isNotEqualTo(500);
                assertThat(answer.body() + answer.headers().map())
                        .as(method + " " + path)
                        .doesNotContain("repeated", "Exception", "\tat ");
            }
        }
    }

    private static HttpResponse<String> admin(String path) throws IOException, InterruptedException {
        String login = Base64.getEncoder().encodeToString(("admin:" + ADMIN).getBytes(StandardCharsets.UTF_8));
        return get(request(path).header("Authorization", "Basic " + login));
    }

    private static HttpResponse<String> anonymous(String path) throws IOException, InterruptedException {
        return get(request(path));
    }

    private static HttpRequest.Builder request(String path) {
        String port = server.getEnvironment().getRequiredProperty("local.server.port");
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    }

    private static HttpResponse<String> get(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
