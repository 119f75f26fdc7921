package dev.sidecar.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.SidecarApplication;
import dev.sidecar.commands.CommandFailure;
import dev.sidecar.commands.Commands;
import dev.sidecar.settings.Identity;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.Programs;
import dev.sidecar.support.PrometheusServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** With the real Prometheus; with Grafana and Mimir as their documentation describes them. */
class DeliverCommandTest {

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final StringBuilder errors = new StringBuilder();

    private int run(Object... arguments) {
        PrintStream printed = new PrintStream(out, true, StandardCharsets.UTF_8);
        return new CommandLine(new DeliverCommand(new Identity("shop", "shop-1", "sidecar", "test"), printed))
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    if (failure instanceof CommandFailure expected) {
                        errors.append(expected.getMessage()).append('\n');
                        return expected.exitCode();
                    }
                    throw failure;
                })
                .execute(Stream.of(arguments).map(String::valueOf).toArray(String[]::new));
    }

    private Path file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    private static List<String> names(Path below) throws IOException {
        try (Stream<Path> files = Files.list(below)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static List<String> shipped(String directory, String prefix) throws IOException {
        return names(Path.of(directory)).stream().map(name -> prefix + name).toList();
    }

    @Test
    void aPrometheusOfYoursHasTheRulesAndItsAlertsCarryWhatOursCarry() throws IOException {
        Path rules = Files.createDirectories(folder.resolve("rules"));
        Path config = file("prometheus.yml", "rule_files: ['" + rules + "/*.yml']\n");
        Files.writeString(rules.resolve("mine.yml"), "groups: []\n");
        try (PrometheusServer prometheus = PrometheusServer.start(config, FreePort.get())) {
            assertThat(run(
                            "prometheus",
                            "--url",
                            prometheus.address(),
                            "--to",
                            rules,
                            "--runbooks",
                            "https://wiki.example/r"))
                    .as(errors.toString())
                    .isZero();
            assertThat(names(rules)).contains("mine.yml").containsAll(shipped("prometheus/rules", "sidecar-"));

            Awaitility.await("the alert that always fires")
                    .atMost(Duration.ofMinutes(2))
                    .untilAsserted(() -> assertThat(
                                    prometheus.query("ALERTS{alertname=\"Watchdog\", stack=\"shop\", host=\"shop-1\"}"))
                            .hasSize(1));

            // An older delivery is still loaded: the reload does not hide it.
            assertThat(run("prometheus", "--url", prometheus.address(), "--runbooks", "https://wiki.example/other"))
                    .isEqualTo(1);
            assertThat(errors.toString()).contains("rules as delivered", "rule_files");

            // So does not one rule of which an expression or a wait is another.
            Path host = rules.resolve("sidecar-host.yml");
            String delivered = Files.readString(host);
            for (String older : List.of(delivered.replace("for: 2h", "for: 3h"), delivered.replace("< 0.4", "< 0.5"))) {
                assertThat(older).isNotEqualTo(delivered);
                Files.writeString(host, older);
                errors.setLength(0);
                assertThat(run("prometheus", "--url", prometheus.address(), "--runbooks", "https://wiki.example/r"))
                        .isEqualTo(1);
                assertThat(errors.toString()).contains("does not have 1 of", "DiskWillFillIn24h");
            }
            Files.writeString(host, delivered);
            assertThat(run("prometheus", "--url", prometheus.address(), "--runbooks", "https://wiki.example/r"))
                    .isZero();
        }
    }

    @Test
    void theFilesAreGoodAndNothingOfSomebodyElseIsTouched() throws Exception {
        Path password = file("password", "a-secret\n");
        Object[] delivery = {
            "files",
            "--to",
            folder.resolve("out"),
            "--without",
            "RedisEvicting",
            "--source",
            "prometheus=https://prometheus.example",
            "--source",
            "loki=https://loki.example",
            "--source-user",
            "prometheus=reader",
            "--source-password-file",
            "prometheus=" + password,
            "--source-tenant",
            "loki=team-a"
        };
        assertThat(run(delivery)).as(errors.toString()).isZero();

        Path out = folder.resolve("out");
        assertThat(names(out.resolve("rules"))).isEqualTo(shipped("prometheus/rules", "sidecar-"));
        assertThat(names(out.resolve("dashboards"))).isEqualTo(shipped("grafana/dashboards", ""));
        List<String> promtool =
                new ArrayList<>(List.of(Programs.find("promtool").toString(), "check", "rules"));
        for (String name : names(out.resolve("rules"))) {
            promtool.add(out.resolve("rules").resolve(name).toString());
        }
        Process check = new ProcessBuilder(promtool).redirectErrorStream(true).start();
        String said = new String(check.getInputStream().readAllBytes());
        assertThat(check.waitFor()).as(said).isZero();
        assertThat(Files.readString(out.resolve("rules/sidecar-redis.yml")))
                .doesNotContain("RedisEvicting", "externalLabels");

        Path sources = out.resolve("datasources/sidecar-datasources.yml");
        Map<String, Object> read = new Yaml().load(Files.readString(sources));
        assertThat(read.toString())
                .contains(
                        "https://loki.example",
                        "X-Scope-OrgID",
                        "team-a",
                        "$__file{" + password + "}",
                        "$${__value.raw}")
                .doesNotContain("a-secret", "tempo", "isDefault");

        // What is not shipped any more goes; a file of somebody else stops everything before anything is written.
        Path gone = Files.copy(out.resolve("rules/sidecar-redis.yml"), out.resolve("rules/sidecar-gone.yml"));
        Path mine = Files.writeString(out.resolve("rules/sidecar-mine.yml"), "groups: []\n");
        assertThat(run(delivery)).isZero();
        assertThat(gone).doesNotExist();
        assertThat(mine).exists();
        Files.writeString(out.resolve("rules/sidecar-host.yml"), "groups: [] # mine\n");
        Files.delete(out.resolve("rules/sidecar-api.yml"));
        assertThat(run(delivery)).isEqualTo(1);
        assertThat(errors.toString()).contains("sidecar-host.yml is there already", "Nothing was written");
        assertThat(out.resolve("rules/sidecar-api.yml")).doesNotExist();
    }

    @Test
    void aRulerHasTheRulesOfTheTenantAndOnlyThose() throws IOException {
        try (RulerDouble ruler = new RulerDouble("team-a")) {
            Map<String, Object> old = Map.of("name", "old", "rules", List.of(Map.of("record", "a:b", "expr", "1")));
            ruler.groups.put("old", old);
            assertThat(run("ruler", "--url", ruler.address())).isEqualTo(1);
            assertThat(errors.toString()).contains("no org id");

            assertThat(run("ruler", "--url", ruler.address(), "--tenant", "team-a"))
                    .as(errors.toString())
                    .isZero();
            assertThat(out.toString(StandardCharsets.UTF_8)).contains("Left: groups old");
            assertThat(ruler.groups).containsKeys("old", "host", "requests", "requests-2");
            assertThat(run("ruler", "--url", ruler.address(), "--tenant", "team-a", "--prune"))
                    .isZero();
            assertThat(ruler.groups).doesNotContainKey("old");

            ruler.loses = true;
            Map<String, Object> host =
                    new Yaml().load(new Yaml().dump(ruler.groups.get("host")).replace("< 0.4", "< 0.5"));
            ruler.groups.put("host", host);
            assertThat(run("ruler", "--url", ruler.address(), "--tenant", "team-a"))
                    .isEqualTo(1);
            assertThat(errors.toString()).contains("took group host and does not have it");
            assertThat(run(
                            "ruler",
                            "--url",
                            ruler.address(),
                            "--tenant",
                            "team-a",
                            "--runbooks",
                            "https://new.example"))
                    .isEqualTo(1);
            assertThat(errors.toString()).contains("does not have it as it was sent");
        }
    }

    @Test
    void aGrafanaHasTheDashboardsAndTheSourcesTheyName() throws IOException {
        Path token = file("token", GrafanaDouble.TOKEN + "\n");
        Path lokiToken = file("loki-token", "reads-lines\n");
        try (GrafanaDouble grafana = new GrafanaDouble()) {
            Object[] delivery = {
                "grafana",
                "--url",
                grafana.address(),
                "--token-file",
                token,
                "--source",
                "prometheus=https://prometheus.example",
                "--source",
                "loki=https://loki.example",
                "--source-token-file",
                "loki=" + lokiToken,
                "--source-tenant",
                "loki=team-a"
            };
            assertThat(run("grafana", "--url", grafana.address(), "--token-file", lokiToken))
                    .isEqualTo(1);
            assertThat(errors.toString()).contains("401").doesNotContain("reads-lines");

            assertThat(run(delivery)).as(errors.toString()).isZero();
            assertThat(run(delivery)).as("a second time: " + errors.toString()).isZero();
            assertThat(grafana.dashboards.keySet().stream().map(uid -> uid + ".json"))
                    .containsExactlyElementsOf(names(Path.of("grafana/dashboards")));
            JsonNode loki = grafana.sources.get("loki");
            assertThat(loki.path("secureJsonData").toString()).contains("Bearer reads-lines", "team-a");
            assertThat(loki.path("jsonData").toString())
                    .contains("\"${__value.raw}\"".substring(1, 14))
                    .doesNotContain("$$", "tempo");
            assertThat(grafana.sources).containsOnlyKeys("loki", "prometheus");

            // Somebody's own dashboard and data source under our uids.
            var dashboard = (ObjectNode) grafana.dashboards.get("redis").deepCopy();
            dashboard.putArray("tags").add("mine");
            grafana.dashboards.put("redis", dashboard);
            var source = (ObjectNode) loki.deepCopy();
            grafana.sources.put("loki", source.put("url", "https://mine.example"));
            grafana.writes.clear();
            assertThat(run(delivery)).isEqualTo(1);
            assertThat(errors.toString()).contains("data source loki, dashboard redis", "Nothing was changed");
            assertThat(grafana.writes).isEmpty();
            Object[] replacing =
                    Stream.concat(Stream.of(delivery), Stream.of("--replace")).toArray();
            assertThat(run(replacing)).isZero();
            assertThat(grafana.sources.get("loki").path("url").asString("")).isEqualTo("https://loki.example");

            grafana.dashboards.clear();
            grafana.loses = true;
            assertThat(run(delivery)).isEqualTo(1);
            assertThat(errors.toString()).contains("answered 404");
        }
    }

    @Test
    void whatCannotBeIsRefusedBeforeAnythingIsAsked() throws IOException {
        Path empty = file("empty", "\n");
        String url = "http://127.0.0.1:1";
        assertThat(Commands.run(SidecarApplication.class, new String[] {"deliver"}))
                .isEqualTo(2);
        assertThat(run("grafana", "--url", url, "--token-file", empty)).isEqualTo(2);
        assertThat(run("grafana", "--url", "http://admin:pw@127.0.0.1:1")).isEqualTo(2);
        assertThat(run("grafana", "--url", url, "--source", "mimir=" + url)).isEqualTo(2);
        assertThat(run("grafana", "--url", url, "--source-tenant", "loki=a")).isEqualTo(2);
        assertThat(run("ruler", "--url", url, "--namespace", "../x")).isEqualTo(2);
        assertThat(run("ruler", "--url", url, "--tenant", "a\nb: c")).isEqualTo(2);
        assertThat(run("files", "--to", folder.resolve("none"), "--runbooks", "https://x/{{ . }}"))
                .isEqualTo(2);
        assertThat(run("files", "--to", folder.resolve("none"), "--without", "NoSuchAlert"))
                .isEqualTo(2);
        assertThat(folder.resolve("none")).doesNotExist();
        assertThat(run("prometheus", "--url", url)).isEqualTo(1);
        assertThat(errors.toString()).contains("There is no alert NoSuchAlert", "gave no answer to /-/reload");
    }
}
