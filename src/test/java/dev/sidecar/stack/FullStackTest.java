package dev.sidecar.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.stack.ComposeStack.Result;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only the published images of Loki, Alloy and Grafana can show: the whole file, as the quick start has it. */
@Tag("images")
class FullStackTest {

    @TempDir
    Path given;

    private ComposeStack stack;

    @BeforeEach
    void images() throws IOException {
        Files.setPosixFilePermissions(given, PosixFilePermissions.fromString("rwxr-xr-x"));
        stack = new ComposeStack("full", given);
        for (String service : new String[] {"loki", "alloy", "grafana"}) {
            String image = stack.compose("config", "--images", service).out().strip();
            assertThat(stack.docker("image", "inspect", image).exitCode())
                    .as("This test needs the image %s: docker compose -f %s pull %s", image, ComposeStack.FILE, service)
                    .isZero();
        }
    }

    @AfterEach
    void stop() {
        if (stack != null) {
            stack.close();
        }
    }

    @Test
    void everythingComesUpHealthyAndGrafanaAsksForTheLogin() throws Exception {
        Result built = stack.compose("build");
        assertThat(built.exitCode()).as(built.all()).isZero();
        stack.up(List.of());

        HttpClient client = HttpClient.newHttpClient();
        assertThat(client.send(
                                HttpRequest.newBuilder(URI.create(stack.url("GRAFANA_PORT", "/login")))
                                        .build(),
                                BodyHandlers.ofString())
                        .body())
                .contains("Grafana");
        assertThat(client.send(
                                HttpRequest.newBuilder(URI.create(stack.url("GRAFANA_PORT", "/api/search")))
                                        .build(),
                                BodyHandlers.discarding())
                        .statusCode())
                .as("nobody is let in without the login")
                .isEqualTo(401);
        await().atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofSeconds(3))
                .untilAsserted(() -> assertThat(client.send(
                                        HttpRequest.newBuilder(URI.create(stack.url(
                                                        "PROMETHEUS_PORT",
                                                        "/api/v1/query?query=count(up%20==%201)%20==%20count(up)")))
                                                .build(),
                                        BodyHandlers.ofString())
                                .body())
                        .as("every target is up")
                        .contains("\"value\""));
    }
}
