package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.prometheus.RuleFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;

/**
 * Every inhibition mutes what it should and nothing else: seen in a real Alertmanager's own record, which names the rule, and in
 * what it delivers once a single label differs. All alerts are of the catalogue, with the labels that their rules give them. The
 * cases have labels of their own and wait at the same time.
 */
@Execution(ExecutionMode.CONCURRENT)
class InhibitionTest {

    private static final String HOOK = "/hooks/alerts/webhook";
    private static final String EVENTS = "/hooks/alerts/events";

    private static final List<Map<String, Object>> RULES = rules();

    private static Outside outside;
    private static AlertmanagerServer alertmanager;

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        outside = new Outside();
        alertmanager = AlertmanagerServer.start(directory, Map.of("SIDECAR_URL", outside.url("")), 30);
    }

    @AfterAll
    static void stop() {
        alertmanager.close();
        outside.close();
    }

    /** @param equal labels that have to agree; each is changed in turn */
    record Case(String rule, Map<String, String> source, Map<String, String> target, List<String> equal) {
        @Override
        public String toString() {
            return rule + ": " + source.get("alertname") + " mutes " + target.get("alertname");
        }
    }

    static Stream<Case> cases() {
        return Stream.of(
                new Case(
                        "service-down-mutes-performance",
                        alert("ServiceDown", "critical", "api"),
                        alert("EdgeLatencyP95High", "warning", "api"),
                        List.of("stack", "host", "service")),
                new Case(
                        "service-down-mutes-performance",
                        alert("UpstreamUnreachable", "critical", "api"),
                        alert("ApiErrorRateHigh", "critical", "api"),
                        List.of("stack", "host", "service")),
                new Case(
                        "database-down-mutes-queries",
                        alert("DatabaseConnectionFailed", "critical", "postgres"),
                        alert("SlowQueries", "warning", "postgres"),
                        List.of("stack", "host", "dependency")),
                new Case(
                        "database-down-mutes-queries",
                        alert("DatabaseConnectionFailed", "critical", "postgres"),
                        alert("AppDbPoolExhausted", "critical", "api"),
                        List.of("stack", "host", "dependency")),
                new Case(
                        "host-down-mutes-resources",
                        alert("HostDown", "critical", "node"),
                        alert("RedisMemoryHigh", "warning", "redis"),
                        List.of("stack", "host")),
                new Case(
                        "host-down-mutes-resources",
                        alert("HostDown", "critical", "node"),
                        with(alert("DiskSpaceLow", "critical", "node"), "mountpoint", "/"),
                        List.of("stack", "host")),
                new Case(
                        "host-down-mutes-resources",
                        alert("HostSilent", "critical", "relay"),
                        with(alert("DiskSpaceLow", "critical", "node"), "mountpoint", "/"),
                        List.of("stack", "host")),
                new Case(
                        "silent-host-mutes-its-proofs",
                        alert("HostSilent", "critical", "relay"),
                        with(alert("ProofBroken", "warning", "sidecar"), "proof", "MET-8"),
                        List.of("stack", "proof")),
                new Case(
                        "critical-mutes-its-warning",
                        with(alert("DiskSpaceLow", "critical", "node"), "mountpoint", "/"),
                        with(alert("DiskSpaceLow", "warning", "node"), "mountpoint", "/"),
                        List.of("stack", "host", "service", "mountpoint")),
                new Case(
                        "critical-mutes-its-warning",
                        alert("ApiErrorRateHigh", "critical", "api"),
                        alert("ApiErrorRateHigh", "warning", "api"),
                        List.of("stack", "host", "service")),
                new Case(
                        "critical-mutes-its-warning",
                        with(alert("TlsCertificateExpiring", "critical", "nginx"), "instance", "a:443"),
                        with(alert("TlsCertificateExpiring", "warning", "nginx"), "instance", "a:443"),
                        List.of("stack", "host", "instance")));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void mutesAndOnlyThat(Case inhibition) {
        String stack = "inhibition-" + inhibition.hashCode();
        Map<String, String> source = with(inhibition.source(), "stack", stack);
        Map<String, String> target = with(inhibition.target(), "stack", stack);
        alertmanager.fire(source, Map.of());
        // The targets come only when the source counts, as their longer waiting time sees to in life.
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> isDelivered(source));

        alertmanager.fire(target, Map.of());
        for (String label : inhibition.equal()) {
            alertmanager.fire(with(target, label, target.get(label) + "-other"), Map.of());
        }

        for (String label : inhibition.equal()) {
            Awaitility.await("delivered, as its " + label + " differs")
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> isDelivered(with(target, label, target.get(label) + "-other")));
        }
        Awaitility.await("muted by " + inhibition.rule())
                .atMost(Duration.ofMinutes(1))
                .until(() -> mutedBy(target).contains(inhibition.rule()));
        assertThat(isDelivered(target)).isFalse();
    }

    /** Alerts that lack what is compared: a missing label equals a missing one, and yet nothing is muted. */
    @ParameterizedTest
    @MethodSource("cases")
    void aMissingLabelMutesNothing(Case inhibition) {
        // The first two are the ones that every alert has; what tells the parts of a service apart, such as instance,
        // may be missing.
        for (String label : inhibition.equal().subList(0, 2)) {
            String marker = "missing-" + label + "-" + inhibition.hashCode();
            Map<String, String> source = without(with(inhibition.source(), "marker", marker), label);
            Map<String, String> target = without(with(inhibition.target(), "marker", marker), label);
            if (!label.equals("stack")) {
                source = with(source, "stack", marker);
                target = with(target, "stack", marker);
            }
            Map<String, String> sent = target;
            alertmanager.fire(source, Map.of());
            alertmanager.fire(sent, Map.of());

            Awaitility.await("delivered without " + label)
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> isDelivered(sent));
        }
    }

    private static boolean isDelivered(Map<String, String> labels) {
        return outside.received(HOOK).stream()
                .flatMap(message -> elements(message.json().path("alerts")))
                .anyMatch(alert -> labels(alert.path("labels")).equals(labels));
    }

    /** The rules by which Alertmanager muted exactly this alert, out of its event record. */
    private static List<String> mutedBy(Map<String, String> labels) {
        return outside.received(EVENTS).stream()
                .map(event -> event.json().path("data").path("inhibitionMutedAlert"))
                .filter(event -> !event.isMissingNode())
                .filter(event -> recorded(
                                event.path("mutedAlert").path("labels").path("labels"))
                        .equals(labels))
                .flatMap(event -> elements(event.path("inhibitRules")).map(InhibitionTest::name))
                .toList();
    }

    /** The record of 0.33 describes the rule by its matchers and has no name; ours are told apart by them. */
    private static String name(JsonNode rule) {
        Set<String> source = elements(rule.path("sourceMatchers"))
                .map(matcher -> matcher.path("rendered").asString().replaceAll("[ \"]", ""))
                .collect(Collectors.toSet());
        return RULES.stream()
                .filter(each -> matchers(each.get("source_matchers")).equals(source))
                .map(each -> each.get("name").toString())
                .collect(Collectors.joining(" or "));
    }

    private static Set<String> matchers(Object list) {
        return ((List<?>) list)
                .stream()
                        .map(matcher -> matcher.toString().replaceAll("[ \"]", ""))
                        .collect(Collectors.toSet());
    }

    private static List<Map<String, Object>> rules() {
        try {
            String template = Files.readString(Path.of("alertmanager/alertmanager.yml"));
            String part = template.substring(template.indexOf("inhibit_rules:"), template.indexOf("receivers:\n"));
            Map<String, List<Map<String, Object>>> yaml = new Yaml().load(part);
            return yaml.get("inhibit_rules");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<JsonNode> elements(JsonNode array) {
        return java.util.stream.StreamSupport.stream(array.spliterator(), false);
    }

    private static Map<String, String> labels(JsonNode object) {
        Map<String, String> labels = new HashMap<>();
        object.properties()
                .forEach(each -> labels.put(each.getKey(), each.getValue().asString()));
        return labels;
    }

    private static Map<String, String> recorded(JsonNode pairs) {
        Map<String, String> labels = new HashMap<>();
        pairs.forEach(pair ->
                labels.put(pair.path("key").asString(), pair.path("value").asString()));
        return labels;
    }

    /** The alert with the labels that its own rule gives it. */
    private static Map<String, String> alert(String name, String severity, String service) {
        RuleFiles.Alert rule = RuleFiles.alerts().stream()
                .filter(each -> each.name().equals(name) && each.severity().equals(severity))
                .findFirst()
                .orElseThrow();
        Map<String, String> labels = new HashMap<>(rule.labels());
        labels.putAll(Map.of("alertname", name, "stack", "s", "host", "h1", "service", service));
        return Map.copyOf(labels);
    }

    private static Map<String, String> with(Map<String, String> labels, String name, String value) {
        Map<String, String> changed = new HashMap<>(labels);
        changed.put(name, value);
        return changed;
    }

    private static Map<String, String> without(Map<String, String> labels, String name) {
        Map<String, String> changed = new HashMap<>(labels);
        changed.remove(name);
        return changed;
    }
}
