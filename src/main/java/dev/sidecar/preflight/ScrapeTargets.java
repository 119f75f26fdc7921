package dev.sidecar.preflight;

import dev.sidecar.settings.Identity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/** Writes the targets that differ from team to team as files that Prometheus reads: more services to scrape, and addresses to probe. */
final class ScrapeTargets implements Step {

    private static final Pattern TARGET =
            Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]{0,62})=([A-Za-z0-9._-]+:\\d{1,5})(/\\S*)?");

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
        List<Map<String, Object>> extra = new ArrayList<>();
        for (String target : settings.get("EXTRA_TARGETS", "").split(",")) {
            Matcher parts = TARGET.matcher(target.strip());
            if (parts.matches()) {
                extra.add(target(
                        parts.group(2),
                        parts.group(1),
                        "app",
                        Map.of(
                                "__metrics_path__",
                                Optional.ofNullable(parts.group(3)).orElse("/metrics"))));
            } else if (!target.isBlank()) {
                plan.found(ReportLine.wrong(
                        "EXTRA_TARGETS",
                        "'" + target.strip() + "' is not understood",
                        "write service=host:port or service=host:port/path, separated by commas"));
            }
        }
        plan.write(directory.resolve("extra.json"), json(extra));
        plan.found(
                extra.isEmpty()
                        ? ReportLine.off("extra scrape targets", "EXTRA_TARGETS is not set")
                        : ReportLine.on("extra scrape targets", settings.get("EXTRA_TARGETS", "")));
        plan.write(directory.resolve("blackbox-edge.json"), json(probes(plan)));
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
