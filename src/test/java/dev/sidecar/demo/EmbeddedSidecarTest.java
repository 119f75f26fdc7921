package dev.sidecar.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.console.Browser;
import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.OnDisk;
import dev.sidecar.support.SidecarJvm;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code ./run}, without its set-up and build: a process that is started, looked at, ended, and has left nothing. */
class EmbeddedSidecarTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Duration LONG = Duration.ofMinutes(8);

    /** They measure time or load, which on a machine that runs tests says nothing of the product. */
    private static final Set<String> MEASURED = Set.of("MET-5", "PRF-1", "PRF-2");

    private final int demo = FreePort.get();
    private final Queue<String> output = new ConcurrentLinkedQueue<>();

    @TempDir(factory = OnDisk.class)
    private Path temporary;

    @BeforeEach
    void letPostgreSqlIn() throws IOException {
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    @Test
    void endsAtALivePageAndLeavesNothingBehind() throws Exception {
        int control = FreePort.get();
        int gateway = FreePort.get();
        Launched launched = launch(control, gateway);

        HttpResponse<String> page = get("http://localhost:" + control + "/", "Authorization", admin(launched));
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/html"));

        HttpResponse<String> product = get("http://localhost:" + gateway + "/api/products/1", "X-Request-ID", "demo-1");
        assertThat(product.statusCode()).isEqualTo(200);
        assertThat(product.body()).contains("SKU-1");
        assertThat(product.headers().allValues("X-Request-ID")).containsExactly("demo-1");
        Awaitility.await("a line of the sidecar and one of the API with the request's id")
                .atMost(LONG)
                .until(() -> output.stream()
                                .filter(line -> line.startsWith("{") && line.contains("\"request_id\":\"demo-1\""))
                                .filter(line -> line.contains("\"method\":\"GET\""))
                                .count()
                        == 2);
        Awaitility.await("the traffic is measured, its failures too")
                .atMost(LONG)
                .until(
                        () -> get(
                                        "http://localhost:" + control + "/actuator/prometheus",
                                        "Authorization",
                                        admin(launched))
                                .body(),
                        metrics -> metrics.contains("sidecar_gateway_requests_seconds_count")
                                && metrics.contains("status=\"503\""));
        assertThat(output).noneMatch(line -> line.contains(Traffic.USER_AGENT));
        itSaysWhatItStartedAndWhatItCosts();

        assertThat(launched.children.stream()
                        .map(ProcessHandle::info)
                        .filter(info -> info.command().orElse("").endsWith("/java"))
                        .map(info -> info.commandLine().orElse(""))
                        .toList())
                .as("run from copies of their jars, as a second ./run builds these anew")
                .hasSize(2)
                .allMatch(command -> command.contains("-jar " + launched.temporary));

        theGuidedMinuteIsReal(control, admin(launched));

        launched.process.close();
        assertThat(launched.left()).isEmpty();
    }

    /** Each of the programs that no package has runs, or is named as left out with the reason. */
    private void itSaysWhatItStartedAndWhatItCosts() {
        for (String part : List.of("Loki", "Alloy", "Grafana")) {
            assertThat(output)
                    .as(part)
                    .anyMatch(line -> line.contains("– without " + part + ": ")
                            || line.contains("with the shipped configuration, as on the PATH") && line.contains(part));
        }
        String cost = output.stream()
                .filter(line -> line.startsWith("It uses "))
                .findFirst()
                .orElseThrow();
        Matcher megabytes = Pattern.compile(
                        "It uses (\\d+) MB of memory \\((.+)\\) and \\d+ processor seconds so far\\.")
                .matcher(cost);
        assertThat(megabytes.matches()).as(cost).isTrue();
        assertThat(megabytes.group(2)).contains("observability-sidecar ", "sample-api ", "postgres ", "prometheus ");
        if (output.stream().anyMatch(line -> line.contains("without Loki"))) {
            assertThat(Integer.parseInt(megabytes.group(1))).as(cost).isBetween(200, 1_200);
        }
    }

    /** Watched for real: what is broken is alerted, mailed and proven broken, and its repair too. The pictures are those of the docs. */
    private void theGuidedMinuteIsReal(int control, String login) throws Exception {
        try (Browser person = new Browser("http://localhost:" + demo)) {
            theGuidedMinuteIsReal(control, login, person);
        }
    }

    private void theGuidedMinuteIsReal(int control, String login, Browser person) throws Exception {
        String page = "http://localhost:" + demo;
        String link = output.stream()
                .flatMap(line -> Stream.of(line.split(" ")))
                .filter(word -> word.contains("/login/once?token="))
                .findFirst()
                .orElseThrow();
        assertThat(get(link, "Accept", "text/html")
                        .headers()
                        .firstValue("Location")
                        .orElse(""))
                .endsWith("/readiness");
        assertThat(get(link, "Accept", "text/html")
                        .headers()
                        .firstValue("Location")
                        .orElse(""))
                .endsWith("/login");

        Awaitility.await("28 proofs are set up, and hold")
                .atMost(LONG)
                .pollInterval(Duration.ofSeconds(3))
                .untilAsserted(() -> assertThat(notHeld(control, login)).isEmpty());

        person.open("/").wholePicture("guided-1-all-is-well");
        assertThat(post(page + "/break?what=backup", "http://evil.example").statusCode())
                .isEqualTo(403);
        person.pressIn("form[action*=backup]", "Break it");
        Awaitility.await("the damaged backup breaks its proof")
                .atMost(LONG)
                .until(() -> get(page, "Accept", "text/html").body().contains("BKP-4 broken"));
        person.open("/").wholePicture("guided-2-a-backup-is-damaged");
        assertThat(post(page + "/repair?what=backup", page).statusCode()).isEqualTo(200);

        assertThat(post(page + "/break?what=database", page).statusCode()).isEqualTo(200);
        Awaitility.await("the mail about the database")
                .atMost(LONG)
                .until(() -> get(page, "Accept", "text/html")
                        .body()
                        .matches("(?s).*mail</b> \\[FIRING:\\d+] critical DatabaseConnectionFailed postgres on .*"));
        assertThat(get(page, "Accept", "text/html").body())
                .as("a command that works here")
                .contains("amtool --alertmanager.url=http://127.0.0.1:")
                .doesNotContain("docker compose");
        person.open("/").wholePicture("guided-3-the-database-is-stopped");
        assertThat(post(page + "/repair?what=database", page).statusCode()).isEqualTo(200);
        Awaitility.await("the mail about its end, and the backup's proof holds again")
                .atMost(LONG)
                .until(
                        () -> get(page, "Accept", "text/html").body(),
                        html -> html.contains("[RESOLVED] critical DatabaseConnectionFailed postgres on ")
                                && !html.contains("BKP-4 broken"));
        person.open("/").wholePicture("guided-4-all-is-told-to-be-over");
    }

    private static Map<String, String> notHeld(int control, String login) throws Exception {
        JsonNode report = JsonMapper.shared()
                .readTree(get("http://localhost:" + control + "/api/report", "Authorization", login)
                        .body());
        Map<String, String> notHeld = new TreeMap<>();
        for (JsonNode proof : report.path("proofs")) {
            String id = proof.path("id").asString("");
            if (!List.of("HELD", "NOT_SET_UP").contains(proof.path("state").asString("")) && !MEASURED.contains(id)) {
                notHeld.put(id, proof.path("evidence").asString(""));
            }
        }
        if (report.path("notConfigured").asInt(99) > 44 - 28
                || !report.path("waiting").isEmpty()) {
            notHeld.put("not set up or waiting", report.path("summary").asString(""));
        }
        return notHeld;
    }

    private static HttpResponse<String> post(String url, String origin) throws Exception {
        return HTTP.send(
                HttpRequest.newBuilder(URI.create(url))
                        .header("Origin", origin)
                        .header("Accept", "text/plain")
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void killedItLeavesNothingEither() throws Exception {
        Launched launched = launch(FreePort.get(), FreePort.get());

        ProcessHandle.of(launched.process.pid()).orElseThrow().destroyForcibly();

        Awaitility.await("its children end and remove their folders")
                .atMost(LONG)
                .untilAsserted(() -> assertThat(launched.left()).isEmpty());
    }

    @Test
    void stoppedWhileItStartsItLeavesNothing() throws Exception {
        ChildProcess launcher = launcher(FreePort.get(), FreePort.get());
        Awaitility.await().atMost(LONG).until(() -> !launched(launcher).left().isEmpty());
        Launched launched = launched(launcher);

        launcher.close();

        Awaitility.await("the database that was being made is gone")
                .atMost(LONG)
                .untilAsserted(() -> assertThat(launched.left()).isEmpty());
    }

    @Test
    void aTakenPortIsOneClearLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            ChildProcess launcher = launcher(taken.getLocalPort(), FreePort.get());

            assertThat(launcher.waitFor(LONG)).isEqualTo(1);
            assertThat(launcher.lastLines())
                    .startsWith("Port %d is taken by another program.".formatted(taken.getLocalPort()))
                    .contains("SERVER_PORT=")
                    .hasLineCount(1);
        }
    }

    /** The processes that a launcher started, and whatever lies in its temporary folder. */
    private record Launched(ChildProcess process, Path temporary, Set<ProcessHandle> children) {

        List<Object> left() throws IOException {
            try (Stream<Path> files = Files.list(temporary)) {
                return Stream.concat(children.stream().filter(ProcessHandle::isAlive), files)
                        .collect(Collectors.toList());
            }
        }
    }

    private Launched launch(int control, int gateway) {
        ChildProcess launcher = launcher(control, gateway);
        Awaitility.await("the sidecar is live").atMost(LONG).until(() -> {
            launcher.requireAlive();
            return output.stream().anyMatch(line -> line.contains("The sidecar is live."));
        });
        Launched launched = launched(launcher);
        assertThat(launched.children).hasSizeGreaterThan(4);
        return launched;
    }

    private Launched launched(ChildProcess launcher) {
        return new Launched(
                launcher,
                temporary,
                ProcessHandle.of(launcher.pid()).orElseThrow().descendants().collect(Collectors.toSet()));
    }

    private ChildProcess launcher(int control, int gateway) {
        List<String> command =
                new ArrayList<>(List.of("env", "--chdir=" + Path.of("").toAbsolutePath()));
        command.addAll(SidecarJvm.command(
                EmbeddedSidecar.class, "-XX:+UseSerialGC", "-Xmx64m", "-Djava.io.tmpdir=" + temporary));
        return ChildProcess.start(
                "./run",
                UnixUser.same(),
                Map.of(
                        "SERVER_PORT", Integer.toString(control),
                        "SIDECAR_GATEWAY_PORT", Integer.toString(gateway),
                        "SIDECAR_DEMO_PORT", Integer.toString(demo)),
                output::add,
                command);
    }

    private String admin(Launched launched) throws IOException {
        Path file = temporary.resolve("sidecar-run-%d/access/admin-password".formatted(launched.process.pid()));
        String login = "admin:" + Files.readString(file).strip();
        return "Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
    }

    private static HttpResponse<String> get(String url, String header, String value) throws Exception {
        return HTTP.send(
                HttpRequest.newBuilder(URI.create(url)).header(header, value).build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
