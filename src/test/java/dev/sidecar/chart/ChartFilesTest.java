package dev.sidecar.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.sidecar.prometheus.RuleFiles;
import dev.sidecar.support.Regenerated;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** The chart's files agree with each other and with the repository; needs no Helm. {@code ./regenerate chart} writes what is made. */
class ChartFilesTest {

    private static final String HEADER = """
            # Helm chart: observability-sidecar

            Made from `values.yaml` by `./regenerate chart`; do not edit. How to install it, and what no cluster has seen yet:
            `docs/kubernetes.md`. Examples: `examples/`.

            | value | default | meaning |
            |---|---|---|
            """;

    private static final Schema SCHEMA = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7)
            .getSchema(Chart.text(Chart.FOLDER.resolve("values.schema.json")));

    static List<Path> examples() {
        return Chart.files("examples");
    }

    @Test
    void theReadmeIsWhatTheValuesSay() throws IOException {
        Path file = Chart.FOLDER.resolve("README.md");
        String readme = HEADER
                + ChartValues.rows().stream().map(ChartValues.Row::toString).collect(Collectors.joining());
        Regenerated.leave(file, readme);

        assertThat(file).as("./regenerate chart writes it").exists().hasContent(readme);
    }

    @Test
    void everyValueHasItsRow() {
        assertThat(ChartValues.rows().stream().map(ChartValues.Row::name))
                .containsAll(leaves(
                        "",
                        Chart.values(),
                        ChartValues.rows().stream().map(ChartValues.Row::name).collect(Collectors.toSet())));
    }

    @Test
    void rulesAreTheRepositorys() throws IOException {
        compare(RuleFiles.RULES, "files/rules", ".yml");
    }

    @Test
    void dashboardsAreTheRepositorys() throws IOException {
        compare(Path.of("grafana/dashboards"), "files/dashboards", ".json");
    }

    @ParameterizedTest
    @MethodSource("examples")
    void theSchemaTakesAnExample(Path example) {
        assertThat(defects(Chart.text(example))).isEmpty();
    }

    @Test
    void theSchemaTakesTheDefaults() {
        assertThat(defects("{}")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gatway: {}",
                "gateway: {replica: 3}",
                "gateway: {upstream: shop:8080}",
                "gateway: {replicas: 1}",
                "gateway: {drainSeconds: 20s}",
                "gateway: {settings: {SIDECAR_GATEWAY_METRICSTOKEN: plain}}",
                "gateway: {resources: {limits: {memory: 192M}}}",
                "image: {tag: latest}",
                "image: {digest: sha256:1}",
                "secrets: {sidecar: {admin_password: plain}}",
                "sidecar: {settings: {SIDECAR_BACKUP_S3_SECRETKEY: plain}}",
                "sidecar: {settings: {SIDECAR_ALERTS_SLACK_WEBHOOKURL: plain}}",
                "sidecar: {settings: {SIDECAR_BACKUP_ENCRYPTION_PASSPHRASE: plain}}",
                "sidecar: {settings: {SIDECAR_BACKUP_SERVER_PASSWORD_FILE: /tmp/x}}",
                "sidecar: {secretSettings: {SIDECAR_BACKUP_S3_SECRETKEY: key}}",
                "sidecar: {secretSettings: {SIDECAR_BACKUP_S3_SECRETKEY_FILE: ../../etc/passwd}}",
                "sidecar: {storage: 20GB}",
                "backup: {port: 0}",
                "backup: {sslMode: maybe}",
                "monitoring: {prometheusUrl: prometheus}",
                "alertmanagerConfig: {receiver: {slack: []}}",
                "satellites: {pushUrl: http://push.example.com}",
                "satellites: {settings: {SIDECAR_RELAY_PROMETHEUSPASSWORD: plain}}",
                "satellites: {secretSettings: {SIDECAR_RELAY_PROMETHEUSPASSWORD: key}}",
            })
    void theSchemaRefuses(String values) {
        assertThat(defects(values)).isNotEmpty();
    }

    /** A secret setting that the schema would let through as plain text would be a secret in a Deployment. */
    @Test
    void noSecretOfTheSettingsPageIsTakenAsPlainText() throws IOException {
        List<String> secrets = matches(Files.readString(Path.of("docs/settings.md")), "`(SIDECAR_[A-Z0-9_]+)_FILE`");

        assertThat(secrets)
                .hasSizeGreaterThan(20)
                .allSatisfy(secret -> assertThat(defects("sidecar: {settings: {%s: plain}}".formatted(secret)))
                        .as(secret)
                        .isNotEmpty());
    }

    @Test
    void everySettingThatItNamesExists() throws IOException {
        Set<String> known =
                new TreeSet<>(matches(Files.readString(Path.of("docs/settings.md")), "`(SIDECAR_[A-Z0-9_]+)`"));
        Set<String> named = new TreeSet<>();
        for (Path file : Stream.concat(Chart.files("templates").stream(), examples().stream())
                .toList()) {
            named.addAll(matches(Files.readString(file), "\\b(SIDECAR_[A-Z0-9_]+)"));
        }

        assertThat(named).hasSizeGreaterThan(25).isSubsetOf(known);
    }

    @Test
    void whatIsLeftOutIsAnAlert() {
        Object without = Chart.map(Chart.values().get("rules")).get("without");

        assertThat(((Collection<?>) without).stream().map(String.class::cast))
                .isSubsetOf(
                        RuleFiles.alerts().stream().map(RuleFiles.Alert::name).toList());
    }

    /** An alert of one host that mutes another's would be as wrong in a cluster. */
    @Test
    void itsAlertsMuteWhatTheStacksDo() {
        Map<String, Object> stack = Chart.yaml(Chart.text(Path.of("alertmanager/alertmanager.yml"))
                .replaceFirst("(?s)^.*\\ninhibit_rules:", "inhibit_rules:")
                .replaceFirst("(?s)\\nreceivers:.*$", "")
                .replace("${UPSTREAM_SERVICE:-api}", "{{ .Values.gateway.service }}"));
        String config = Chart.text(Chart.FOLDER.resolve("templates/alertmanagerconfig.yaml"));
        Map<String, Object> chart = Chart.yaml(config.replaceFirst("(?s)^.*\\n  inhibitRules:", "inhibitRules:")
                .replaceFirst("(?s)\\n  receivers:.*$", ""));

        assertThat(rules(chart.get("inhibitRules"), "sourceMatch", "targetMatch"))
                .isNotEmpty()
                .isEqualTo(rules(stack.get("inhibit_rules"), "source_matchers", "target_matchers").stream()
                        // A cluster has no nginx of ours that other hosts push through.
                        .filter(rule -> !rule.contains("${SIDECAR_HOST"))
                        .toList());
    }

    /** Each as a text, with its matchers in Alertmanager's own words. */
    private static List<String> rules(Object rules, String source, String target) {
        return ((Collection<?>) rules)
                .stream()
                        .map(Chart::map)
                        .map(rule -> matchers(rule.get(source)) + " mutes " + matchers(rule.get(target))
                                + " of the same " + rule.get("equal"))
                        .toList();
    }

    private static List<String> matchers(Object matchers) {
        return ((Collection<?>) matchers)
                .stream()
                        .map(matcher -> matcher instanceof Map
                                ? "%s %s %s"
                                        .formatted(
                                                Chart.map(matcher).get("name"),
                                                Chart.map(matcher).get("matchType"),
                                                Chart.map(matcher).get("value"))
                                : matcher.toString().replace("\"", ""))
                        .toList();
    }

    @Test
    void theGatewaysDrainIsItsOwnDefault() {
        assertThat(Chart.map(Chart.values().get("gateway"))).containsEntry("drainSeconds", 20);
    }

    private static void compare(Path source, String folder, String extension) throws IOException {
        Map<String, String> copies = new TreeMap<>();
        for (Path copy : Chart.files(folder)) {
            copies.put(copy.getFileName().toString(), Files.readString(copy));
        }
        Map<String, String> originals = new TreeMap<>();
        try (Stream<Path> files = Files.list(source)) {
            for (Path file :
                    files.filter(name -> name.toString().endsWith(extension)).toList()) {
                originals.put(file.getFileName().toString(), Files.readString(file));
                Regenerated.leave(Chart.FOLDER.resolve(folder).resolve(file.getFileName()), Files.readString(file));
            }
        }

        assertThat(copies.keySet()).as("files of " + folder).isEqualTo(originals.keySet());
        assertThat(originals)
                .isNotEmpty()
                .allSatisfy((name, text) -> assertThat(copies.get(name))
                        .as("./regenerate chart copies " + source.resolve(name))
                        .isEqualTo(text));
    }

    private static Set<String> defects(String values) {
        String merged = JsonMapper.shared().writeValueAsString(Chart.merged(Chart.values(), Chart.yaml(values)));
        return SCHEMA.validate(merged, InputFormat.JSON).stream()
                .map(Object::toString)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> leaves(String prefix, Map<String, Object> values, Set<String> rows) {
        Set<String> leaves = new TreeSet<>();
        values.forEach((key, value) -> {
            String name = prefix + key;
            if (value instanceof Map && !rows.contains(name)) {
                leaves.addAll(leaves(name + ".", Chart.map(value), rows));
            } else {
                leaves.add(name);
            }
        });
        return leaves;
    }

    private static List<String> matches(String text, String pattern) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
    }
}
