package dev.sidecar.chart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.prometheus.RuleFiles;
import dev.sidecar.support.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;

/** Helm renders the chart, over a matrix of values. */
@Tag("helm")
class ChartRenderTest {

    private static final List<List<String>> SWITCHES = List.of(
            List.of(),
            List.of("gateway.autoscaling.enabled=false"),
            List.of("gateway.enabled=false"),
            List.of("prover.enabled=false"),
            List.of("networkPolicies.enabled=false"),
            List.of("monitoring.release=", "monitoring.lokiUrl=http://loki.logs.svc:3100"),
            List.of("rules.without=null"),
            List.of("satellites.enabled=true"),
            List.of("sidecar.secretSettings.SIDECAR_ALERTS_SLACK_WEBHOOKURL_FILE=slack"));

    @TempDir
    private Path folder;

    static List<List<String>> matrix() {
        return Chart.files("examples").stream()
                .flatMap(example -> SWITCHES.stream()
                        .map(switches -> Stream.concat(
                                        Stream.of("-f", example.toAbsolutePath().toString()),
                                        switches.stream().flatMap(set -> Stream.of("--set", set)))
                                .toList()))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void itLints(List<String> values) {
        Programs.Result result = helm("lint", "--strict", values);

        assertThat(result.exitCode()).as(result.output()).isZero();
    }

    @Test
    void everyPodGoesToTheNodesThatAreMeantForIt() {
        List<String> values = new ArrayList<>(matrix().get(0));
        values.addAll(List.of(
                "--set-string", "pods.nodeSelector.pool=ops",
                "--set", "pods.tolerations[0].key=ops,pods.tolerations[0].operator=Exists"));

        List<Map<String, Object>> workloads = of(rendered(values), "Deployment");

        assertThat(workloads).isNotEmpty();
        for (Map<String, Object> workload : workloads) {
            assertThat(at(workload, "spec", "template", "spec"))
                    .containsEntry("nodeSelector", Map.of("pool", "ops"))
                    .containsEntry("tolerations", List.of(Map.of("key", "ops", "operator", "Exists")));
        }
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void everyPodIsHardened(List<String> values) {
        for (Map<String, Object> workload : of(rendered(values), "Deployment")) {
            Map<String, Object> pod = at(workload, "spec", "template", "spec");
            assertThat(pod)
                    .containsEntry("automountServiceAccountToken", false)
                    .containsEntry("enableServiceLinks", false)
                    .doesNotContainKeys("hostNetwork", "hostPID", "hostIPC");
            assertThat(at(pod, "securityContext"))
                    .containsEntry("runAsNonRoot", true)
                    .containsEntry("seccompProfile", Map.of("type", "RuntimeDefault"))
                    .satisfies(context ->
                            assertThat((Integer) context.get("runAsUser")).isGreaterThan(10_000));
            assertThat(list(pod.get("volumes")))
                    .allSatisfy(volume -> assertThat(volume).doesNotContainKeys("hostPath", "projected"));
            for (Map<String, Object> container : list(pod.get("containers"))) {
                assertThat(at(container, "securityContext"))
                        .containsEntry("allowPrivilegeEscalation", false)
                        .containsEntry("privileged", false)
                        .containsEntry("readOnlyRootFilesystem", true)
                        .containsEntry("capabilities", Map.of("drop", List.of("ALL")));
                assertThat(at(container, "resources", "limits")).containsKeys("cpu", "memory");
                assertThat(at(container, "resources", "requests")).containsKeys("cpu", "memory");
                assertThat(container).containsKeys("startupProbe", "readinessProbe");
                assertThat((String) container.get("image"))
                        .matches("[^:]+(:\\d+/[^:]+)?:1\\.0\\.0(@sha256:[0-9a-f]{64})?");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void everySecretIsAReference(List<String> values) {
        List<Map<String, Object>> objects = rendered(values);

        assertThat(of(objects, "Secret")).isEmpty();
        assertThat(of(objects, "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"))
                .isEmpty();
        assertThat(of(objects, "Deployment").stream()
                        .flatMap(workload ->
                                list(at(workload, "spec", "template", "spec").get("containers")).stream())
                        .filter(container -> container.containsKey("env"))
                        .flatMap(container -> list(container.get("env")).stream())
                        .filter(variable -> ((String) variable.get("name"))
                                .matches(".*(PASSWORD|TOKEN|SECRET|PASSPHRASE|WEBHOOKURL|IDENTITY).*")))
                .isNotEmpty()
                .allSatisfy(variable -> {
                    assertThat((String) variable.get("name")).endsWith("_FILE");
                    assertThat((String) variable.get("value")).startsWith("/run/secrets/");
                });
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void theProverIsAloneAndReachesNothing(List<String> values) {
        List<Map<String, Object>> objects = rendered(values);
        List<Map<String, Object>> provers = of(objects, "Deployment").stream()
                .filter(workload -> name(workload).endsWith("-prover"))
                .toList();
        for (Map<String, Object> prover : provers) {
            Map<String, Object> pod = at(prover, "spec", "template", "spec");
            assertThat(list(pod.get("containers"))).hasSize(1);
            assertThat(list(pod.get("containers")).get(0)).doesNotContainKeys("env", "envFrom", "ports");
            assertThat(list(pod.get("volumes")))
                    .allSatisfy(volume -> assertThat(volume).doesNotContainKeys("secret", "configMap"));
            assertThat(objects).anySatisfy(policy -> {
                assertThat(policy).containsEntry("kind", "NetworkPolicy");
                assertThat(at(policy, "spec"))
                        .containsEntry("ingress", List.of())
                        .containsEntry("egress", List.of())
                        .containsEntry("policyTypes", List.of("Ingress", "Egress"));
                assertThat(at(policy, "spec", "podSelector", "matchLabels"))
                        .isEqualTo(at(prover, "spec", "selector", "matchLabels"));
            });
        }
        assertThat(provers.isEmpty()).isEqualTo(turnedOff(values, "prover"));
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void everyPodHasItsPolicy(List<String> values) {
        if (values.contains("networkPolicies.enabled=false")) {
            return;
        }
        List<Map<String, Object>> objects = rendered(values);
        Set<Object> covered = of(objects, "NetworkPolicy").stream()
                .map(policy -> at(policy, "spec", "podSelector", "matchLabels"))
                .collect(Collectors.toSet());

        assertThat(of(objects, "Deployment"))
                .isNotEmpty()
                .allSatisfy(workload -> assertThat(covered).contains(at(workload, "spec", "selector", "matchLabels")));
    }

    /** Whoever takes it over has the list of hosts to read, and nothing that is the sidecar's. */
    @ParameterizedTest
    @MethodSource("matrix")
    void theRelaySharesOnlyTheListOfHosts(List<String> values) {
        List<Map<String, Object>> objects = rendered(values);
        Map<String, Object> pod = at(
                of(objects, "Deployment").stream()
                        .filter(workload -> name(workload).endsWith("-sidecar-sidecar"))
                        .findFirst()
                        .orElseThrow(),
                "spec",
                "template",
                "spec");
        List<Map<String, Object>> containers = list(pod.get("containers"));
        boolean on = values.get(1).endsWith("satellites.yaml") || values.contains("satellites.enabled=true");

        assertThat(containers.stream().map(container -> container.get("name")))
                .isEqualTo(on ? List.of("sidecar", "relay") : List.of("sidecar"));
        assertThat(objects.stream()
                        .filter(object -> name(object).endsWith("-relay"))
                        .map(object -> object.get("kind")))
                .isEqualTo(
                        on
                                ? values.get(1).endsWith("only-the-sidecar.yaml")
                                        ? List.of("Service")
                                        : List.of("Service", "ServiceMonitor")
                                : List.of());
        if (!on) {
            assertThat(pod.toString()).doesNotContain("relay", "hosts.json");
            return;
        }
        assertThat(list(containers.get(0).get("env")))
                .contains(
                        Map.of("name", "SIDECAR_HOSTS_ENABLED", "value", "true"),
                        Map.of("name", "SIDECAR_HOSTS_LIST", "value", "/var/lib/sidecar-hosts/hosts.json"));
        assertThat(list(containers.get(0).get("volumeMounts")))
                .contains(Map.of("name", "data", "mountPath", "/var/lib/sidecar-hosts", "subPath", "hosts"));
        Map<String, Object> relay = containers.get(1);
        assertThat(at(relay, "securityContext")).containsEntry("runAsUser", 10031);
        assertThat(relay).containsEntry("args", List.of("relay")).containsKey("livenessProbe");
        assertThat(list(relay.get("env")))
                .contains(Map.of("name", "SIDECAR_HOSTS_LIST", "value", "/var/lib/sidecar-hosts/hosts.json"));
        assertThat(list(relay.get("volumeMounts")))
                .containsExactlyInAnyOrder(
                        Map.of(
                                "name", "data",
                                "mountPath", "/var/lib/sidecar-hosts",
                                "subPath", "hosts",
                                "readOnly", true),
                        Map.of("name", "relay-tmp", "mountPath", "/tmp"),
                        Map.of("name", "relay-secrets", "mountPath", "/run/secrets/relay", "readOnly", true));
        if (!values.contains("networkPolicies.enabled=false")) {
            assertThat(list(at(
                                    of(objects, "NetworkPolicy").stream()
                                            .filter(policy -> name(policy).endsWith("-sidecar-sidecar"))
                                            .findFirst()
                                            .orElseThrow(),
                                    "spec")
                            .get("ingress")))
                    .extracting(rule -> rule.get("ports"))
                    .containsExactly(
                            List.of(Map.of("port", "control", "protocol", "TCP")),
                            List.of(Map.of("port", "pushes", "protocol", "TCP")),
                            List.of(Map.of("port", "relay-metrics", "protocol", "TCP")));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 20, 300})
    void aGatewayPodHasTheTimeThatItsDrainTakes(int drain) {
        Map<String, Object> gateway = of(
                        rendered(List.of(
                                "-f",
                                Chart.FOLDER
                                        .resolve("examples/minimal.yaml")
                                        .toAbsolutePath()
                                        .toString(),
                                "--set",
                                "gateway.drainSeconds=" + drain)),
                        "Deployment")
                .stream()
                .filter(workload -> name(workload).endsWith("-gateway"))
                .findFirst()
                .orElseThrow();
        Map<String, Object> pod = at(gateway, "spec", "template", "spec");
        Map<String, Object> container = list(pod.get("containers")).get(0);

        assertThat((Integer) pod.get("terminationGracePeriodSeconds")).isGreaterThan(drain + 10);
        assertThat(list(container.get("env")))
                .contains(Map.of("name", "SIDECAR_GATEWAY_TIMEOUTS_DRAIN", "value", drain + "s"));
        assertThat(at(container, "lifecycle", "preStop", "exec")).containsEntry("command", List.of("sleep", "10"));
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void promtoolAcceptsTheRules(List<String> values) throws IOException {
        List<Object> groups = new ArrayList<>();
        of(rendered(values), "PrometheusRule")
                .forEach(rule -> groups.addAll((Collection<?>) at(rule, "spec").get("groups")));
        if (groups.isEmpty()) {
            assertThat(values.get(1)).endsWith("only-the-sidecar.yaml");
            return;
        }
        String text = new Yaml().dump(Map.of("groups", groups));
        Files.writeString(folder.resolve("rules.yml"), text);
        Programs.Result result =
                Programs.run(folder, "promtool", List.of("check", "rules", "--lint=all", "--lint-fatal", "rules.yml"));

        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(text).doesNotContain("$externalLabels");
        Set<String> alerts = new TreeSet<>();
        for (Object group : groups) {
            for (Map<String, Object> rule : list(Chart.map(group).get("rules"))) {
                alerts.add((String) rule.getOrDefault("alert", "recorded"));
                if (rule.containsKey("alert")) {
                    assertThat(at(rule, "labels"))
                            .containsEntry("namespace", "obs")
                            .containsKey("stack");
                }
            }
        }
        Set<String> expected =
                RuleFiles.alerts().stream().map(RuleFiles.Alert::name).collect(Collectors.toCollection(TreeSet::new));
        if (!values.contains("rules.without=null")) {
            expected.removeAll(
                    (Collection<?>) Chart.map(Chart.values().get("rules")).get("without"));
        }
        alerts.remove("recorded");
        assertThat(alerts).isEqualTo(expected);
    }

    @Test
    void dashboardsAreFoundByKubePrometheusStack() {
        assertThat(of(
                        rendered(List.of(
                                "-f",
                                Chart.FOLDER
                                        .resolve("examples/minimal.yaml")
                                        .toAbsolutePath()
                                        .toString())),
                        "ConfigMap"))
                .hasSameSizeAs(Chart.files("files/dashboards"))
                .allSatisfy(map -> {
                    assertThat(at(map, "metadata", "labels"))
                            .containsEntry("grafana_dashboard", "1")
                            .containsEntry("release", "kube-prometheus-stack");
                    assertThat(at(map, "data").values())
                            .singleElement()
                            .satisfies(text -> assertThat(Chart.files("files/dashboards").stream()
                                            .map(Chart::text))
                                    .contains((String) text));
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "image.tag=",
                "image.tag=latest",
                "gateway.upstream=",
                "gateway.minAvailable=3",
                "gateway.replicas=1",
                "backup.enabled=true",
                "gatway.enabled=true"
            })
    void itRefuses(String set) {
        Programs.Result result = helm(
                "template",
                "obs",
                List.of(
                        "-f",
                        Chart.FOLDER
                                .resolve("examples/minimal.yaml")
                                .toAbsolutePath()
                                .toString(),
                        "--set",
                        set));

        assertThat(result.exitCode()).as(result.output()).isNotZero();
        assertThat(result.output()).contains(set.substring(0, set.indexOf('.')));
    }

    private static boolean turnedOff(List<String> values, String part) {
        return values.get(1).endsWith("only-the-sidecar.yaml") || values.contains(part + ".enabled=false");
    }

    private static List<Map<String, Object>> rendered(List<String> values) {
        Programs.Result result = helm("template", "obs", values);
        assertThat(result.exitCode()).as(result.output()).isZero();
        return Chart.documents(result.output());
    }

    private static Programs.Result helm(String command, String argument, List<String> values) {
        List<String> arguments = new ArrayList<>(List.of(command, argument, "."));
        arguments.addAll(List.of("--namespace", "obs", "--kube-version", "1.30.0"));
        arguments.addAll(values);
        return Programs.run(Chart.FOLDER, "helm", arguments);
    }

    private static List<Map<String, Object>> of(List<Map<String, Object>> objects, String... kinds) {
        return objects.stream()
                .filter(object -> List.of(kinds).contains(object.get("kind")))
                .toList();
    }

    private static String name(Map<String, Object> object) {
        return (String) at(object, "metadata").get("name");
    }

    private static Map<String, Object> at(Map<String, Object> object, String... path) {
        Map<String, Object> at = object;
        for (String key : path) {
            assertThat(at).containsKey(key);
            at = Chart.map(at.get(key));
        }
        return at;
    }

    private static List<Map<String, Object>> list(Object value) {
        return ((Collection<?>) value).stream().map(Chart::map).toList();
    }
}
