package dev.sidecar.reports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.SidecarApplication;
import dev.sidecar.commands.Commands;
import dev.sidecar.console.Browser;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Proofs;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** From a running sidecar to a file that a stranger checks on another machine. */
@ExtendWith(OutputCaptureExtension.class)
class ReportCommandTest {

    private static final String PASSWORD = "correct-horse-battery";

    @TempDir
    static Path folder;

    private static ConfigurableApplicationContext sidecar;
    private static String url;

    private final List<String> properties = new ArrayList<>();

    @BeforeAll
    static void start() {
        sidecar = server();
        url = "http://localhost:" + sidecar.getEnvironment().getProperty("local.server.port");
        await().atMost(Duration.ofMinutes(2))
                .until(() -> sidecar.getBean(Proofs.class).last("SEC-6").isPresent());
    }

    private static ConfigurableApplicationContext server() {
        return SpringApplication.run(
                SidecarApplication.class,
                "--server.port=0",
                "--sidecar.stack=shop",
                "--sidecar.host=box-1",
                "--sidecar.backup.directory=" + folder.resolve("backups"),
                "--sidecar.dumps.sources.nightly.folder=" + folder.resolve("dumps"),
                "--sidecar.pitr.enabled=true",
                "--sidecar.traces.tempo-url=http://127.0.0.1:9",
                "--sidecar.hosts.enabled=true",
                "--sidecar.far-end.url=http://127.0.0.1:9",
                "--sidecar.proofs.without=LOG-7=<b>somebody</b> else's disk",
                "--sidecar.access.admin-password=" + PASSWORD,
                "--sidecar.access.directory=" + folder.resolve("access"));
    }

    @AfterAll
    static void stop() {
        sidecar.close();
    }

    @AfterEach
    void clear() {
        properties.forEach(System::clearProperty);
    }

    @Test
    void signsAReportThatAnotherMachineChecks(CapturedOutput output) throws Exception {
        Path page = folder.resolve("readiness.html");

        assertThat(report("--sign", "--out", page.toString()))
                .as("%s%s", output.getOut(), output.getErr())
                .isIn(10, 12);

        assertThat(output.getOut()).contains(" of " + proofs().size() + " proven", page.toString());
        Path key = publicKey();
        int before = output.getOut().length();
        assertThat(elsewhere("report", "verify", page.toString(), "--public-key", key.toString()))
                .as(output.getErr())
                .isZero();
        assertThat(output.getOut().substring(before))
                .contains("GENUINE: report ", " on stack shop, made ", " by the sidecar on box-1 (local)")
                .contains("proven", "readiness.html is the page that was signed");
        assertThat(folder.resolve("nowhere"))
                .as("checking leaves nothing behind")
                .doesNotExist();

        assertThat(elsewhere("report", "verify", page.toString())).isEqualTo(14);
        assertThat(output.getErr()).contains("No key that is known here signed it");
        Files.writeString(page, Files.readString(page).replace("Readiness of shop", "Readiness of ship"));
        assertThat(elsewhere("report", "verify", page.toString(), "--public-key", key.toString()))
                .isEqualTo(13);
        Files.writeString(folder.resolve("readiness.intoto.json"), "{}");
        assertThat(elsewhere("report", "verify", page.toString(), "--public-key", key.toString()))
                .isEqualTo(15);
        assertThat(elsewhere("report", "verify", "/none.html", "--public-key", key.toString()))
                .isEqualTo(15);
        for (String unreadable : List.of("/none.json", "/", folder.toString())) {
            assertThat(elsewhere("report", "verify", unreadable, "--public-key", key.toString()))
                    .isEqualTo(1);
        }
        assertThat(elsewhere("report", "verify", page.toString(), "--public-key", page.toString()))
                .isEqualTo(1);
        assertThat(output.getErr()).contains("Cannot use the public key").doesNotContain("\tat ");
    }

    @Test
    void onTheMachineOfTheSidecarItsOwnKeyIsKnown(CapturedOutput output) {
        Path page = folder.resolve("own.html");
        assertThat(report("--sign", "--out", page.toString()))
                .as(output.getErr())
                .isIn(10, 12);

        set("sidecar.access.directory", folder.resolve("access").toString());
        assertThat(run("report", "verify", page.toString())).as(output.getErr()).isZero();
    }

    @Test
    void saysWhatIsWrongWithTheArguments(CapturedOutput output) {
        assertThat(report("--out", "x.html")).isEqualTo(2);
        assertThat(output.getErr()).contains("add --sign");
        assertThat(report("--sign", "--out", "x.pdf")).isEqualTo(2);
        assertThat(report("--sign", "--json")).isEqualTo(2);
        assertThat(report("--sign", "--out", folder.resolve("none/x.html").toString()))
                .isEqualTo(1);
        assertThat(output.getErr()).contains("signed and kept as ").contains("Choose another place with --out");
    }

    /** The commands of the documentation, as they are written there. */
    @Test
    void stockProgramsCheckItToo(CapturedOutput output, @TempDir Path desk) throws Exception {
        assertThat(report("--sign", "--out", desk.resolve("readiness.html").toString()))
                .as(output.getErr())
                .isIn(10, 12);
        Files.copy(publicKey(), desk.resolve("backup-signing-key.pub"));
        String commands = Files.readString(Path.of("docs/evidence.md"))
                .lines()
                .dropWhile(line -> !line.startsWith("sed "))
                .takeWhile(line -> !line.startsWith("```"))
                .collect(Collectors.joining("\n"));

        assertThat(shell(commands, desk)).contains("Signature Verified Successfully", "readiness.html: OK");

        Path page = desk.resolve("readiness.html");
        String good = Files.readString(page);
        Files.writeString(page, good + " ");
        assertThat(shell(commands, desk)).contains("Verified Successfully", "readiness.html: FAILED");

        Files.writeString(page, good);
        Path envelope = desk.resolve("readiness.intoto.json");
        String text = Files.readString(envelope);
        int at = text.indexOf("\"sig\":\"") + 7;
        Files.writeString(
                envelope, text.substring(0, at) + (text.charAt(at) == 'A' ? 'B' : 'A') + text.substring(at + 1));
        assertThat(shell(commands, desk))
                .doesNotContain("Verified Successfully")
                .contains("readiness.html: OK");
    }

    private static String shell(String commands, Path desk) throws Exception {
        Process shell = new ProcessBuilder("sh", "-c", commands)
                .directory(desk.toFile())
                .redirectErrorStream(true)
                .start();
        shell.getOutputStream().close();
        String said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(shell.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return said;
    }

    @Test
    void theReportsAreKeptAndHandedOut() throws Exception {
        JsonNode signed =
                JsonMapper.shared().readTree(send("POST", "/api/reports").body());
        String id = signed.path("id").asString();

        assertThat(send("GET", "/api/reports").body()).contains(id);
        HttpResponse<String> page = send("GET", "/api/reports/latest.html");
        assertThat(page.headers().firstValue("Content-Disposition"))
                .hasValue("attachment; filename=\"readiness-shop-%s.html\"".formatted(id));
        assertThat(page.body())
                .isEqualTo(Files.readString(folder.resolve("access/reports/" + id + ".html")))
                .contains("&lt;b&gt;somebody&lt;/b&gt; else&#39;s disk");
        assertThat(send("GET", "/api/reports/" + id + ".intoto.json").body()).contains("\"payloadType\"");
        assertThat(send("GET", "/api/reports/20000101T000000Z.html").statusCode())
                .isEqualTo(404);
        assertThat(send("GET", "/api/reports/..%2f..%2fsecret.html").statusCode())
                .isBetween(400, 404);
        assertThat(HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(URI.create(url + "/api/reports/latest.html"))
                                        .build(),
                                BodyHandlers.discarding())
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void everyProofOfARunningSidecarIsInTheReportAndOnTheMap() throws Exception {
        send("POST", "/api/reports");
        JsonNode statement = JsonMapper.shared()
                .readTree(Base64.getDecoder()
                        .decode(JsonMapper.shared()
                                .readTree(send("GET", "/api/reports/latest.intoto.json")
                                        .body())
                                .path("payload")
                                .asString()));
        Set<String> named = new TreeSet<>(Control.mapped());
        named.addAll(Control.NOT_MAPPED);

        assertThat(statement.path("predicate").path("proofs").findValuesAsString("id"))
                .containsExactlyInAnyOrderElementsOf(proofs());
        assertThat(named).isEqualTo(proofs());
    }

    /** The history of the picture is written while the sidecar runs, and read by the next one. */
    @Test
    void theHistoryIsOnTheDisk() {
        Path verdicts = folder.resolve("access/reports/verdicts");

        await().atMost(Duration.ofMinutes(2))
                .untilAsserted(() -> assertThat(verdicts).isDirectoryContaining(file -> {
                    try {
                        return Files.readString(file).contains("\"SEC-6\":{\"held\":");
                    } catch (IOException e) {
                        return false;
                    }
                }));
    }

    /** A real browser shows it, loads nothing and complains of nothing. */
    @Test
    void aBrowserShowsItWithoutAnythingElse() throws Exception {
        SampleWorld.inOneFile(folder.resolve("page.html"));
        try (Browser browser = new Browser(folder.resolve("page.html").toUri().toString())) {
            browser.size(1200, 900);
            browser.open("");
            assertThat(browser.text("h1")).isEqualTo("Readiness of shop");
            assertThat(browser.count("svg.strip")).isEqualTo(browser.count("article"));
            assertThat(browser.complaints()).isEmpty();
            assertThat(browser.loaded()).isEmpty();
            assertThat(browser.faint()).isEmpty();
            browser.wholePicture("signed-report");
            browser.size(360, 800);
            assertThat(browser.overflow()).isZero();
            browser.wholePicture("signed-report-narrow");
            assertThat(browser.print("signed-report")).isBetween(3, 6);
        }
    }

    private Set<String> proofs() {
        Set<String> ids = sidecar.getBean(Proofs.class).claims().stream()
                .map(Claim::id)
                .collect(Collectors.toCollection(TreeSet::new));
        ids.add("LOG-7");
        return ids;
    }

    private static Path publicKey() throws IOException {
        return folder.resolve("access/backup-signing-key.pub");
    }

    private HttpResponse<String> send(String method, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(url + path))
                                .method(method, HttpRequest.BodyPublishers.noBody())
                                .header(
                                        "Authorization",
                                        "Basic "
                                                + Base64.getEncoder()
                                                        .encodeToString(
                                                                ("admin:" + PASSWORD).getBytes(StandardCharsets.UTF_8)))
                                .build(),
                        BodyHandlers.ofString());
    }

    private int report(String... arguments) {
        set("sidecar.access.admin-password", PASSWORD);
        List<String> all = new ArrayList<>(List.of("report", "--url", url));
        all.addAll(List.of(arguments));
        return run(all.toArray(String[]::new));
    }

    /** On a machine that has none of the sidecar's files. */
    private int elsewhere(String... arguments) {
        properties.forEach(System::clearProperty);
        set("sidecar.access.directory", folder.resolve("nowhere").toString());
        return run(arguments);
    }

    private static int run(String... arguments) {
        return Commands.run(SidecarApplication.class, arguments);
    }

    private void set(String name, String value) {
        System.setProperty(name, value);
        properties.add(name);
    }
}
