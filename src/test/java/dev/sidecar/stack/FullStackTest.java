package dev.sidecar.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.console.Browser;
import dev.sidecar.panels.RunningGrafana;
import dev.sidecar.stack.ComposeStack.Result;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Runs the whole compose file as the quick start does; only the published images of Loki, Alloy and Grafana can show what this looks at. */
@Tag("images")
@Tag("stack")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FullStackTest {

    /** Pixels of one unit of a panel's height. */
    private static final int GRID_ROW = 38;

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private ComposeStack stack;
    private RunningGrafana grafana;

    @BeforeAll
    void start(@TempDir Path given) throws IOException {
        Files.setPosixFilePermissions(given, PosixFilePermissions.fromString("rwxr-xr-x"));
        stack = new ComposeStack("full", given);
        for (String service : new String[] {"loki", "alloy", "grafana"}) {
            // It names the images of what the service waits for as well.
            String image = stack.compose("config", "--images", service)
                    .out()
                    .lines()
                    .filter(line -> line.startsWith("grafana/"))
                    .findFirst()
                    .orElseThrow();
            assertThat(stack.docker("image", "inspect", image).exitCode())
                    .as("This test needs the image %s: docker compose -f %s pull %s", image, ComposeStack.FILE, service)
                    .isZero();
        }
        stack.build();
        stack.up(List.of());
        // So that the page about backups has something to show.
        Result backup = stack.exec("sidecar", "sidecar", "backup");
        assertThat(backup.exitCode()).as(backup.all()).isZero();
        grafana = new RunningGrafana(stack.url("GRAFANA_PORT", ""), password());
    }

    /** As the README says to read it. */
    private String password() {
        return stack.compose(
                        "run",
                        "--rm",
                        "--no-deps",
                        "--entrypoint",
                        "cat",
                        "preflight",
                        "/run/secrets/grafana/admin_password")
                .out()
                .strip();
    }

    @AfterAll
    void stop() {
        if (stack != null) {
            stack.close();
        }
    }

    @Test
    void everyTargetIsUp() {
        await().atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofSeconds(3))
                .untilAsserted(() -> assertThat(
                                get("PROMETHEUS_PORT", "/api/v1/query?query=count(up%20==%201)%20==%20count(up)")
                                        .body())
                        .contains("\"value\""));
    }

    @Test
    void grafanaLetsNobodyInWithoutTheLogin() {
        assertThat(get("GRAFANA_PORT", "/login").body()).contains("Grafana");
        assertThat(get("GRAFANA_PORT", "/api/search").statusCode()).isEqualTo(401);
        assertThat(grafana.get("/api/org").status()).isEqualTo(200);
        assertThat(new RunningGrafana(stack.url("GRAFANA_PORT", ""), "admin")
                        .get("/api/org")
                        .status())
                .isEqualTo(401);
    }

    @Test
    void grafanaReadsWhatIsProvisionedWithoutAComplaint() {
        assertThat(stack.logs("grafana")
                        .lines()
                        .filter(line ->
                                line.matches(".*\"provisioning\\.(datasources|dashboard|alerting|plugins)\".*")))
                .isNotEmpty()
                .noneMatch(line -> line.matches(".*\"level\":\"(error|warn)\".*"));
    }

    @Test
    void theDataSourcesAreThereAndAnswer() {
        assertThat(grafana.get("/api/datasources").body())
                .extracting(source -> source.path("uid").asString())
                .containsExactlyInAnyOrder("prometheus", "loki", "alertmanager");
        assertThat(grafana.get("/api/datasources").body())
                .allSatisfy(source ->
                        assertThat(source.path("readOnly").asBoolean()).isTrue());
        for (String asked : List.of(
                "prometheus/api/v1/status/buildinfo", "loki/loki/api/v1/labels", "alertmanager/api/v2/status")) {
            assertThat(grafana.get("/api/datasources/proxy/uid/" + asked).status())
                    .as(asked)
                    .isEqualTo(200);
        }
    }

    @Test
    void theTenDashboardsAreThereAndNobodyCanChangeThem() {
        List<JsonNode> dashboards = grafana.dashboards();

        assertThat(dashboards).hasSize(10).allSatisfy(dashboard -> {
            assertThat(dashboard.at("/meta/provisioned").asBoolean()).isTrue();
            RunningGrafana.Answer answer = grafana.post(
                    "/api/dashboards/db", Map.of("dashboard", dashboard.path("dashboard"), "overwrite", true));
            assertThat(answer.status()).as(answer.body().toString()).isEqualTo(400);
        });
        assertThat(grafana.get("/api/dashboards/home")
                        .body()
                        .at("/dashboard/title")
                        .asString())
                .isEqualTo("01 Operational health");
    }

    /** What Grafana's own plugins make of the query is seen only here: its steps and windows, and the frames that the panels draw. */
    @Test
    void everyQueryOfEveryPanelHasDataThroughGrafana() {
        await().atMost(Duration.ofMinutes(6))
                .pollInterval(Duration.ofSeconds(10))
                .untilAsserted(() -> {
                    LogsAndPanelsTest.TRAFFIC.forEach(path -> get("EDGE_PORT", path));
                    assertThat(grafana.withoutData()).isEmpty();
                    assertThat(grafana.emptyChoices()).isEmpty();
                });
    }

    /** The figures of a query can be right and the picture of them still wrong, or none. */
    @Test
    void everyPageIsDrawnInABrowser() throws IOException {
        LogsAndPanelsTest.TRAFFIC.forEach(path -> get("EDGE_PORT", path));
        try (Browser browser = new Browser(stack.url("GRAFANA_PORT", ""))) {
            browser.open("/login");
            browser.awaitText("body", "Welcome to Grafana");
            browser.typeInto("input[name=user]", "admin");
            browser.typeInto("input[name=password]", password());
            browser.click("button[type=submit]");
            browser.awaitText("body", "Firing alerts");

            for (JsonNode page : grafana.dashboards()) {
                JsonNode dashboard = page.path("dashboard");
                String uid = dashboard.path("uid").asString();
                browser.size(1600, 200 + GRID_ROW * bottom(dashboard));
                browser.open("/d/" + uid + "?kiosk&from=now-15m&to=now");
                for (JsonNode panel : dashboard.path("panels")) {
                    browser.awaitText("body", panel.path("title").asString());
                }
                await(uid + " is loaded")
                        .atMost(Duration.ofMinutes(1))
                        .until(() -> browser.count("[data-testid*='Panel loading bar']") == 0);
                assertThat(browser.count("[data-testid*='Panel status error']"))
                        .as("panels of %s with an error", uid)
                        .isZero();
                assertThat(browser.text("body"))
                        .as(uid)
                        .doesNotContain(
                                "An unexpected error happened", "does not have a time field", "plugin not found");
                browser.picture(uid.equals("overview") ? "grafana" : "grafana-" + uid);
            }
        }
    }

    private static int bottom(JsonNode dashboard) {
        int bottom = 0;
        for (JsonNode panel : dashboard.path("panels")) {
            JsonNode place = panel.path("gridPos");
            bottom = Math.max(bottom, place.path("y").asInt() + place.path("h").asInt());
        }
        return bottom;
    }

    private HttpResponse<String> get(String port, String path) {
        try {
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(URI.create(stack.url(port, path))).timeout(Duration.ofSeconds(20));
            if (port.equals("PROMETHEUS_PORT")) {
                request.header("Authorization", stack.prometheusLogin());
            }
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError("no answer to " + path, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
