package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.prometheus.RuleFiles;
import java.io.IOException;
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
import org.junit.jupiter.api.Test;
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

    private static List<Map<String, Object>> rules;
    private static Outside outside;
    private static AlertmanagerServer alertmanager;

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        outside = new Outside();
        alertmanager = AlertmanagerServer.start(
                directory,
                Map.of("SIDECAR_URL", outside.url(""), "SIDECAR_HOST", "h1", "UPSTREAM_SERVICE", "shop"),
                30);
        rules = rules(directory.resolve("alertmanager.yml"));
    }

    @AfterAll
    static void stop() {
        alertmanager.close();
        outside.close();
    }

    /** @param equal labels that count: that have to agree, or that name what depends on the source; each is changed in turn */
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
                        "unreachable-mutes-down",
                        alert("UpstreamUnreachable", "critical", "api"),
                        alert("ServiceDown", "critical", "api"),
                        List.of("stack", "host", "service")),
                new Case(
                        "service-down-mutes-its-probe",
                        alert("ServiceDown", "critical", "nginx"),
                        with(alert("EndpointProbeFailed", "critical", "nginx"), "instance", "nginx:8082"),
                        List.of("stack", "host", "service")),
                new Case(
                        "failed-probe-mutes-errors",
                        alert("EndpointProbeFailed", "critical", "api"),
                        alert("ApiErrorRateHigh", "critical", "api"),
                        List.of("stack", "host", "service")),
                new Case(
                        "errors-mute-their-budget",
                        alert("ApiErrorRateHigh", "critical", "api"),
                        alert("ApiSloFastBurn", "critical", "api"),
                        List.of("stack", "host", "service")),
                new Case(
                        "edge-down-mutes-what-is-behind",
                        alert("ServiceDown", "critical", "nginx"),
                        with(alert("EndpointProbeFailed", "critical", "api"), "instance", "nginx:8080"),
                        List.of("stack", "host", "service")),
                new Case(
                        "edge-down-mutes-what-is-behind",
                        alert("ServiceDown", "critical", "gateway"),
                        alert("EdgeErrorRateHigh", "warning", "shop"),
                        List.of("stack", "host", "service")),
                new Case(
                        "edge-down-mutes-silent-hosts",
                        alert("ServiceDown", "critical", "nginx"),
                        with(alert("HostSilent", "critical", "relay"), "host", "h2"),
                        List.of("stack")),
                new Case(
                        "database-down-mutes-the-api",
                        alert("DatabaseConnectionFailed", "critical", "postgres"),
                        with(alert("EndpointProbeFailed", "critical", "api"), "instance", "nginx:8080"),
                        List.of("stack", "host", "service")),
                new Case(
                        "database-down-mutes-the-api",
                        alert("DatabaseConnectionFailed", "critical", "postgres"),
                        alert("ServiceDown", "critical", "shop"),
                        List.of("stack", "host", "service")),
                new Case(
                        "database-down-mutes-the-api",
                        alert("DatabaseConnectionFailed", "critical", "postgres"),
                        alert("ApiSloFastBurn", "critical", "shop"),
                        List.of("stack", "host", "service")),
                new Case(
                        "database-down-mutes-backups",
                        alert("DatabaseConnectionFailed", "critical", "postgres"),
                        with(alert("BackupFailed", "critical", "sidecar"), "database", "app"),
                        List.of("stack", "host")),
                new Case(
                        "database-down-mutes-backup-jobs",
                        alert("DatabaseConnectionFailed", "critical", "postgres"),
                        with(alert("JobFailing", "warning", "sidecar"), "job_name", "backup-daily"),
                        List.of("stack", "host")),
                new Case(
                        "full-database-mutes-the-pool",
                        alert("DbConnectionsSaturated", "critical", "postgres"),
                        alert("AppDbPoolExhausted", "critical", "api"),
                        List.of("stack", "host", "dependency")),
                new Case(
                        "redis-down-mutes-the-api",
                        alert("ServiceDown", "critical", "redis"),
                        alert("EndpointProbeFailed", "critical", "api"),
                        List.of("stack", "host", "service")),
                new Case(
                        "redis-down-mutes-the-api",
                        alert("ServiceDown", "critical", "redis"),
                        alert("ApiErrorRateHigh", "critical", "api"),
                        List.of("stack", "host", "service")),
                new Case(
                        "refused-writes-mute-errors",
                        alert("DatabaseInRecovery", "critical", "postgres"),
                        alert("ApiErrorRateHigh", "critical", "api"),
                        List.of("stack", "host", "service")),
                new Case(
                        "refused-writes-mute-errors",
                        alert("RedisRefusesWrites", "critical", "redis"),
                        alert("ApiSloFastBurn", "critical", "api"),
                        List.of("stack", "host", "service")),
                new Case(
                        "refused-writes-mute-full-memory",
                        alert("RedisRefusesWrites", "critical", "redis"),
                        alert("RedisMemoryHigh", "warning", "redis"),
                        List.of("stack", "host", "service")),
                new Case(
                        "old-archive-mutes-its-warnings",
                        alert("PitrArchiveOld", "critical", "sidecar"),
                        alert("WalFolderGrows", "warning", "postgres"),
                        List.of("stack", "host")),
                new Case(
                        "sidecar-down-mutes-its-reports",
                        alert("ServiceDown", "critical", "sidecar"),
                        with(alert("BackupMetricsAbsent", "critical", "sidecar"), "database", "app"),
                        List.of("stack", "host", "service")),
                new Case(
                        "sidecar-down-mutes-its-webhook",
                        alert("ServiceDown", "critical", "sidecar"),
                        // Of another host it would be told by every channel but webhooks, and only those are listened
                        // to here.
                        with(alert("NotificationsFailing", "critical", "alertmanager"), "integration", "webhook"),
                        List.of("integration")),
                new Case(
                        "loki-down-mutes-lost-lines",
                        alert("ObserverDown", "critical", "loki"),
                        with(alert("LogsNotArriving", "critical", "alloy"), "host", "h2"),
                        List.of("stack")),
                new Case(
                        "collector-down-mutes-missing-lines",
                        alert("ObserverDown", "critical", "alloy"),
                        alert("LogsNotArriving", "critical", "loki"),
                        List.of("stack", "host")),
                new Case(
                        "full-disk-mutes-its-forecast",
                        with(alert("DiskSpaceLow", "critical", "node"), "mountpoint", "/"),
                        with(alert("DiskWillFillIn24h", "warning", "node"), "mountpoint", "/"),
                        List.of("stack", "host", "service", "mountpoint")),
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
        for (String label :
                inhibition.equal().subList(0, Math.min(2, inhibition.equal().size()))) {
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

    /** A server that a user added beside the stack's own is no reason for the API or the backups to fail. */
    @Test
    void aDatabaseBesideTheStackMutesNothing() {
        for (String failed : List.of("DatabaseConnectionFailed", "DatabaseInRecovery")) {
            String stack = "beside-" + failed;
            Map<String, String> source = with(alert(failed, "critical", "orders-db"), "stack", stack);
            alertmanager.fire(source, Map.of());
            Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> isDelivered(source));

            List<Map<String, String>> others = Stream.of(
                            alert("UpstreamUnreachable", "critical", "api"),
                            // What is down mutes errors of its own.
                            alert("ApiErrorRateHigh", "critical", "shop"),
                            alert("SlowQueries", "warning", "postgres"),
                            with(alert("BackupFailed", "critical", "sidecar"), "database", "app"),
                            with(alert("JobFailing", "warning", "jobs"), "job_name", "backup-daily"))
                    .map(other -> with(other, "stack", stack))
                    .toList();
            others.forEach(other -> alertmanager.fire(other, Map.of()));

            others.forEach(other -> Awaitility.await("delivered: " + other)
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> isDelivered(other)));
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
        return rules.stream()
                .filter(each -> matchers(each.get("source_matchers")).equals(rendered(rule.path("sourceMatchers"))))
                .filter(each -> matchers(each.get("target_matchers")).equals(rendered(rule.path("targetMatchers"))))
                .map(each -> each.get("name").toString())
                .collect(Collectors.joining(" or "));
    }

    private static Set<String> rendered(JsonNode matchers) {
        return elements(matchers)
                .map(matcher -> matcher.path("rendered").asString().replaceAll("[ \"]", ""))
                .collect(Collectors.toSet());
    }

    private static Set<String> matchers(Object list) {
        return ((List<?>) list)
                .stream()
                        .map(matcher -> matcher.toString().replaceAll("[ \"]", ""))
                        .collect(Collectors.toSet());
    }

    private static List<Map<String, Object>> rules(Path configuration) throws IOException {
        String text = Files.readString(configuration);
        String part = text.substring(text.indexOf("inhibit_rules:"), text.indexOf("receivers:\n"));
        Map<String, List<Map<String, Object>>> yaml = new Yaml().load(part);
        return yaml.get("inhibit_rules");
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
