package dev.sidecar.preflight;

import dev.sidecar.settings.Identity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/** Writes the targets that differ from team to team as files that Prometheus reads: more services to scrape, and addresses to probe. */
final class ScrapeTargets implements Step {

    private static final Pattern TARGET =
            Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]{0,62})=([A-Za-z0-9._-]+:(\\d{1,5}))(/[A-Za-z0-9._~%+/-]*)?");

    private static final int LAST_PORT = 65_535;

    private static final Set<String> OURS = Set.of(SmallStack.TARGETS.split(","));

    private final Settings settings;
    private final Identity identity;
    private final Path directory;
    private final Path nginx;

    ScrapeTargets(Settings settings, Identity identity, Path directory, Path nginx) {
        this.settings = settings;
        this.identity = identity;
        this.directory = directory;
        this.nginx = nginx;
    }

    @Override
    public void prepare(Plan plan) {
        Map<String, Map<String, Object>> byName = new LinkedHashMap<>();
        for (String target : settings.get("EXTRA_TARGETS", "").split(",")) {
            Matcher parts = TARGET.matcher(target.strip());
            if (parts.matches() && isPort(parts.group(3))) {
                String name = parts.group(1);
                Map<String, Object> group = target(
                        parts.group(2),
                        name,
                        "app",
                        Map.of(
                                "__metrics_path__",
                                Optional.ofNullable(parts.group(4)).orElse("/metrics")));
                if (isOurs(name)) {
                    plan.found(ReportLine.wrong(
                            "EXTRA_TARGETS",
                            "'" + name + "' is a service of the stack itself",
                            "give yours another name: its metrics would be taken for those of the other"));
                } else if (byName.putIfAbsent(name, group) != null) {
                    plan.found(ReportLine.wrong(
                            "EXTRA_TARGETS",
                            "has '" + name + "' twice",
                            "give each its own name, such as " + name + "-1 and " + name + "-2"));
                }
            } else if (!target.isBlank()) {
                plan.found(ReportLine.wrong(
                        "EXTRA_TARGETS",
                        "'" + target.strip() + "' is not understood",
                        "write service=host:port or service=host:port/path, separated by commas"));
            }
        }
        expected(byName.keySet(), plan);
        List<Map<String, Object>> extra = List.copyOf(byName.values());
        plan.write(directory.resolve("extra.json"), json(extra));
        plan.found(
                extra.isEmpty()
                        ? ReportLine.off("extra scrape targets", "EXTRA_TARGETS is not set")
                        : ReportLine.on("extra scrape targets", settings.get("EXTRA_TARGETS", "")));
        plan.write(directory.resolve("blackbox-edge.json"), json(probes(plan)));
    }

    private static boolean isPort(String digits) {
        int port = Integer.parseInt(digits);
        return port > 0 && port <= LAST_PORT;
    }

    /** An own API may have the name of the sample, whose place it takes. */
    private boolean isOurs(String name) {
        return OURS.contains(name)
                && !(name.equals("api") && settings.get("API_METRICS_TARGET").isEmpty());
    }

    /** A target that is expected and that nothing scrapes would be missing for ever. */
    private void expected(Set<String> extra, Plan plan) {
        for (String name : settings.get("EXPECTED_TARGETS", "").split(",")) {
            if (!name.isBlank() && !OURS.contains(name.strip()) && !extra.contains(name.strip())) {
                plan.found(ReportLine.wrong(
                        "EXPECTED_TARGETS",
                        "nothing is scraped by the name '" + name.strip() + "'",
                        "remove it, correct it, or add it to EXTRA_TARGETS in .env"));
            }
        }
    }

    private List<Map<String, Object>> probes(Plan plan) {
        List<Map<String, Object>> probes = new ArrayList<>();
        probes.add(target("http://nginx:8082/health", "nginx", "exporter", Map.of("module", "http_2xx")));
        String path = settings.get("EDGE_PROBE_PATH", "/actuator/health");
        probes.add(target("http://nginx:8080" + path, "api", "exporter", Map.of("module", "http_2xx")));
        if (plan.content(nginx.resolve("tls.conf")).isPresent()) {
            probes.add(target("nginx:8443", "nginx", "exporter", Map.of("module", "tls")));
        }
        return probes;
    }

    private Map<String, Object> target(String address, String service, String role, Map<String, String> more) {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put("stack", identity.stack());
        labels.put("host", identity.host());
        labels.put("service", service);
        labels.put("role", role);
        labels.putAll(more);
        Map<String, Object> group = new LinkedHashMap<>();
        group.put("targets", List.of(address));
        group.put("labels", labels);
        return group;
    }

    private static String json(List<Map<String, Object>> groups) {
        return JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(groups) + "\n";
    }
}
