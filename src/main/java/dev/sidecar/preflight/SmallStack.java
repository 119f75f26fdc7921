package dev.sidecar.preflight;

import dev.sidecar.preflight.satellites.Pushes;
import dev.sidecar.preflight.tracing.TraceStore;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The one switch of a small stack, {@code LOGS_AND_DASHBOARDS=0}: Loki, Alloy and Grafana are left out together. The sidecar's settings
 * that speak of them follow it, in files that preflight writes.
 */
final class SmallStack implements Step {

    private static final String SWITCH = "LOGS_AND_DASHBOARDS";
    private static final Set<String> LEFT_OUT = Set.of("LOKI", "ALLOY", "GRAFANA");
    private static final Set<String> TRACES = Set.of("TEMPO", "TRACE-COLLECTOR");
    static final String TARGETS =
            "sidecar,gateway,api,postgres,redis,node,nginx,blackbox,prometheus,alertmanager,loki,alloy,grafana,tempo,trace-collector,relay";
    private static final String PROOFS =
            "LOG-1, LOG-2, LOG-3, LOG-4, LOG-5, LOG-6, LOG-7, LOG-8, DSH-1, DSH-2, DSH-3, SEC-5";
    private static final String REASON = "this stack runs without logs and dashboards (LOGS_AND_DASHBOARDS=0)";

    private final Settings settings;
    private final Path files;

    SmallStack(Settings settings, Path sidecar) {
        this.settings = settings;
        this.files = sidecar.resolve("settings");
    }

    private static boolean isSmall(Settings settings) {
        return settings.get(SWITCH, "1").equals("0");
    }

    /** The stack has this part. @param part in upper case, as templates name it */
    static boolean has(String part, Settings settings) {
        if (part.equals("RELAY")) {
            return Pushes.isOn(settings::get);
        }
        return TRACES.contains(part) ? TraceStore.isOn(settings::get) : !isSmall(settings) || !LEFT_OUT.contains(part);
    }

    @Override
    public void prepare(Plan plan) {
        String given = settings.get(SWITCH, "1");
        if (!Set.of("0", "1").contains(given)) {
            plan.found(ReportLine.wrong(
                    SWITCH, "is '" + given + "'", "set it to 0 (without Loki, Alloy and Grafana) or 1 in .env"));
            return;
        }
        boolean small = isSmall(settings);
        write(plan, "LOKI_URL", small ? null : settings.get("LOKI_ADDRESS").orElse(null));
        write(plan, "sidecar.dashboards.grafana-url", small ? null : "http://grafana:3000");
        write(
                plan,
                "sidecar.dashboards.public-url",
                small ? null : settings.get("GRAFANA_URL", "http://localhost:3001"));
        write(plan, "sidecar.rules.expected-targets", targets());
        String own = settings.get("PROOFS_WITHOUT", "");
        write(plan, "sidecar.proofs.without", small ? own(own) + PROOFS + "=" + REASON : own);
        plan.found(
                small
                        ? ReportLine.off("logs and dashboards", SWITCH + "=0: Loki, Alloy and Grafana are left out")
                        : ReportLine.on(
                                "logs and dashboards", "Loki, Alloy and Grafana; " + SWITCH + "=0 leaves them out"));
    }

    private static String own(String proofs) {
        return proofs.isEmpty() ? "" : proofs + "; ";
    }

    private String targets() {
        List<String> expected = Arrays.stream(
                        settings.get("EXPECTED_TARGETS", TARGETS).split(","))
                .map(String::strip)
                .toList();
        return expected.stream()
                .filter(target -> has(target.toUpperCase(java.util.Locale.ROOT), settings))
                .filter(target -> !target.equals("api") || isApiScraped())
                .collect(Collectors.joining(","));
    }

    /** By the job of that name, or by an extra target that took the name. */
    private boolean isApiScraped() {
        return settings.get("API_METRICS_TARGET").isPresent()
                || settings.get("EXTRA_TARGETS", "").matches("(.*,)?\\s*api=.*");
    }

    private void write(Plan plan, String setting, @Nullable String value) {
        Path file = files.resolve(setting);
        if (value == null || value.isBlank()) {
            plan.remove(file);
        } else {
            plan.write(file, value);
        }
    }
}
