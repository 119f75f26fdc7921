package dev.sidecar.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.settings.Identity;
import dev.sidecar.support.MutableClock;
import dev.sidecar.support.Programs;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

/**
 * Every combination of the stack's switches, one after the other in the same volumes as an operator would turn them: what is rendered is what
 * Compose starts. Only some of them run in Docker ({@code StackTest}).
 */
class SwitchesTest {

    private static final List<String> SWITCHES = List.of(
            "LOGS_AND_DASHBOARDS", "STAGING_POSTGRES", "STAGING_REDIS", "SAMPLE_API", "TRACING", "SATELLITES", "PITR");

    private static final Pattern SETTING = Pattern.compile("\\$\\{([A-Z_]+)(?::?-([^}]*))?}");
    private static final Set<String> NOT_IN_THE_STACK =
            Set.of("localhost", "db.our-team.net", "redis.our-team.net", "api.our-team.net");
    private static final List<String> LOGGING = List.of("loki", "alloy", "grafana");

    @TempDir
    private Path root;

    private Map<String, Map<String, Object>> services;
    private final Map<String, String> settings = new HashMap<>();
    private final Set<String> checked = new HashSet<>();
    private String printed = "";

    private Map<String, Map<String, Object>> services() throws IOException {
        if (services != null) {
            return services;
        }
        LoaderOptions options = new LoaderOptions();
        options.setMaxAliasesForCollections(1_000);
        Map<String, Map<String, Map<String, Object>>> compose =
                new Yaml(options).load(Files.readString(Path.of("docker-compose.staging.yml")));
        services = compose.get("services");
        return services;
    }

    private void defaults() throws IOException {
        settings.clear();
        Matcher found = SETTING.matcher(Files.readString(Path.of("docker-compose.staging.yml")));
        while (found.find()) {
            settings.putIfAbsent(found.group(1), found.group(2) == null ? "" : found.group(2));
        }
        settings.put("LOKI_ADDRESS", settings.remove("LOKI_URL"));
        settings.put("GATEWAY_TARGET", "gateway:8001");
    }

    private void turn(int combination) throws IOException {
        defaults();
        Map<String, Boolean> on = new TreeMap<>();
        for (int i = 0; i < SWITCHES.size(); i++) {
            on.put(SWITCHES.get(i), (combination >> i & 1) == 1);
            settings.put(SWITCHES.get(i), on.get(SWITCHES.get(i)) ? "1" : "0");
        }
        // It stands beside all of them and changes none: on for each second one.
        boolean storeElsewhere = Integer.bitCount(combination) % 2 == 1;
        Path token = root.resolve("given/remote_write_token");
        Files.deleteIfExists(token);
        if (storeElsewhere) {
            Files.writeString(token, "correct-horse-battery");
            settings.put("REMOTE_WRITE_URL", "https://store.our-team.net/api/v1/write");
            settings.put("REMOTE_WRITE_QUERY_URL", "https://store.our-team.net");
        }
        if (on.get("SATELLITES")) {
            settings.put("EDGE_TRUSTED_PROXIES", "10.1.2.3");
        }
        if (!on.get("SAMPLE_API")) {
            settings.put("UPSTREAM_URL", "http://api.our-team.net:3000");
            settings.put("API_METRICS_TARGET", on.get("TRACING") ? "" : "api.our-team.net:3000");
        }
        if (!on.get("STAGING_POSTGRES")) {
            settings.put("POSTGRES_HOST", "db.our-team.net");
            settings.put("PITR_SOURCE_HOST", "db.our-team.net");
            settings.put("PITR_ARCHIVE_HOST", "stack.our-team.net");
            settings.put("PITR_PGDATA", "/var/lib/postgresql/18/main");
        }
        if (!on.get("STAGING_REDIS")) {
            settings.put("REDIS_HOST", "redis.our-team.net");
        }
    }

    private boolean run() throws IOException {
        StringWriter out = new StringWriter();
        PreflightProperties directories = new PreflightProperties(
                root.resolve("given"), root.resolve("secrets"), root.resolve("config"), Path.of(""));
        boolean ready = new Preflight(PreflightConfiguration.steps(
                        directories,
                        new Identity("staging", "host-1", "sidecar", "staging"),
                        new Settings(settings::get),
                        new MutableClock("2026-11-23T12:00:00Z")))
                .run(new PrintWriter(out, true));
        printed = out.toString();
        return ready;
    }

    @Test
    void whatIsRenderedIsWhatStarts() throws IOException {
        Path given = Files.createDirectories(root.resolve("given"));
        for (String secret : List.of("postgres_monitor_password", "postgres_backup_password", "redis_password")) {
            Files.writeString(given.resolve(secret), "correct-horse-battery");
        }
        Files.createDirectories(root.resolve("config/prometheus"));
        int rendered = 0;
        for (int combination = 0; combination < 1 << SWITCHES.size(); combination++) {
            turn(combination);
            boolean possible = isPossible();
            // What is refused is refused whatever these two say.
            if (!possible && !(isOff("SATELLITES") && isOff("PITR"))) {
                continue;
            }
            boolean ready = run();
            String turned = SWITCHES + " "
                    + Integer.toBinaryString(combination | 1 << SWITCHES.size()).substring(1)
                    + " from the last to the first\n" + printed;
            assertThat(ready).as(turned).isEqualTo(possible);
            if (ready) {
                rendered++;
                matches(turned);
            }
        }
        assertThat(rendered).isGreaterThan(50);
        assertThat(checked.size()).as("different configurations of Prometheus").isGreaterThan(10);
    }

    private boolean isOff(String name) {
        return settings.get(name).equals("0");
    }

    /** Preflight must refuse all others, as they could never run. */
    private boolean isPossible() {
        boolean traces = settings.get("TRACING").equals("1");
        boolean sample = settings.get("SAMPLE_API").equals("1");
        return !(traces && settings.get("LOGS_AND_DASHBOARDS").equals("0"))
                && !(sample && settings.get("STAGING_POSTGRES").equals("0"))
                && !(sample && settings.get("STAGING_REDIS").equals("0"));
    }

    private void matches(String turned) throws IOException {
        Set<String> started = started();
        Path config = root.resolve("config/prometheus/prometheus.yml");
        String text = Files.readString(config);
        Map<String, List<Map<String, Object>>> prometheus = new Yaml().load(text);
        Set<String> jobs = new TreeSet<>();
        for (Map<String, Object> job : prometheus.get("scrape_configs")) {
            jobs.add(String.valueOf(job.get("job_name")));
            for (String host : hosts(job.get("static_configs"))) {
                assertThat(started)
                        .as("job %s of %s", job.get("job_name"), turned)
                        .contains(host);
            }
        }
        for (String host : hosts(
                new Yaml().load(Files.readString(root.resolve("config/prometheus/targets/blackbox-edge.json"))))) {
            assertThat(started).as("probe of " + turned).contains(host);
        }
        jobs.remove("extra");
        String expected = Files.readString(root.resolve("secrets/sidecar/settings/sidecar.rules.expected-targets"));
        assertThat(Arrays.asList(expected.split(","))).as(turned).containsExactlyInAnyOrderElementsOf(jobs);

        boolean small = settings.get("LOGS_AND_DASHBOARDS").equals("0");
        assertThat(jobs.containsAll(LOGGING)).as(turned).isEqualTo(!small);
        assertThat(text.contains("remote_write:"))
                .as(turned)
                .isEqualTo(settings.containsKey("REMOTE_WRITE_URL")
                        && !settings.get("REMOTE_WRITE_URL").isEmpty());
        Path without = root.resolve("secrets/sidecar/settings/sidecar.proofs.without");
        assertThat(Files.exists(without) && Files.readString(without).contains("LOG-1"))
                .as(turned)
                .isEqualTo(small);
        Map<String, List<Map<String, Object>>> grafana =
                new Yaml().load(Files.readString(root.resolve("config/grafana/datasources.yml")));
        if (!small) {
            for (Map<String, Object> source : grafana.get("datasources")) {
                assertThat(started)
                        .as("data source of " + turned)
                        .contains(URI.create(String.valueOf(source.get("url"))).getHost());
            }
        }
        if (checked.add(text)) {
            Programs.Result result =
                    Programs.run(root, "promtool", List.of("check", "config", "--syntax-only", config.toString()));
            assertThat(result.exitCode()).as(turned + result.output()).isZero();
        }
    }

    private static Set<String> hosts(Object groups) {
        Set<String> hosts = new TreeSet<>();
        if (groups instanceof List<?> list) {
            for (Object group : list) {
                for (Object target : (List<?>) ((Map<?, ?>) group).get("targets")) {
                    hosts.add(
                            String.valueOf(target).replaceAll("^https?://", "").replaceAll("[:/].*", ""));
                }
            }
        }
        return hosts;
    }

    /** The names that answer, by the switches in the file itself. */
    private Set<String> started() throws IOException {
        Set<String> started = new TreeSet<>(NOT_IN_THE_STACK);
        List<String> waits = new ArrayList<>();
        for (Map.Entry<String, Map<String, Object>> service : services().entrySet()) {
            String replicas = "1";
            if (service.getValue().get("deploy") instanceof Map<?, ?> deploy && deploy.get("replicas") != null) {
                Matcher setting = SETTING.matcher(String.valueOf(deploy.get("replicas")));
                assertThat(setting.matches()).as(String.valueOf(deploy)).isTrue();
                replicas = settings.get(setting.group(1));
            }
            if (replicas.equals("0") || service.getValue().containsKey("profiles")) {
                continue;
            }
            started.add(service.getKey());
            if (service.getValue().get("networks") instanceof Map<?, ?> networks) {
                networks.values().stream()
                        .filter(Map.class::isInstance)
                        .map(network -> ((Map<?, ?>) network).get("aliases"))
                        .filter(List.class::isInstance)
                        .forEach(aliases -> ((List<?>) aliases).forEach(alias -> started.add(String.valueOf(alias))));
            }
            if (service.getValue().get("depends_on") instanceof Map<?, ?> needed) {
                needed.keySet().forEach(other -> waits.add(String.valueOf(other)));
            }
        }
        assertThat(started).as("what started services wait for").containsAll(waits);
        return started;
    }
}
