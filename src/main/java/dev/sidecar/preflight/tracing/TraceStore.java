package dev.sidecar.preflight.tracing;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The switch {@code TRACING=1}: a collector and Tempo run, gateway and sample API send their spans, Grafana shows them, the sidecar proves
 * it. Settings of the services follow it, in files. {@code TRACES_ENDPOINT} sends the gateway's spans elsewhere instead.
 */
public final class TraceStore {

    /** The switch in {@code .env}. */
    public static final String SWITCH = "TRACING";

    /** Names an OTLP receiver of yours in {@code .env}. */
    public static final String ELSEWHERE = "TRACES_ENDPOINT";

    private static final String COLLECTOR = "http://trace-collector:4318";

    /** Each would run as a process of its own that nobody uses. */
    private static final String UNUSED_PLUGINS =
            "elasticsearch,grafana-postgresql-datasource,grafana-pyroscope-datasource,graphite,influxdb,jaeger,mssql,mysql,opentsdb,parca,zipkin";

    /**
     * Tells what is wrong with a setting.
     *
     * @param setting its name in {@code .env}
     */
    public record Problem(String setting, String what, String fix) {}

    private final Function<String, Optional<String>> settings;
    private final Function<Path, Optional<String>> kept;
    private final Path secrets;

    /**
     * @param settings the stack's settings, by their names in {@code .env}
     * @param kept what a file holds, or will
     * @param secrets folder with a folder for each service
     */
    public TraceStore(
            Function<String, Optional<String>> settings, Function<Path, Optional<String>> kept, Path secrets) {
        this.settings = settings;
        this.kept = kept;
        this.secrets = secrets;
    }

    /** Traces are kept here. */
    public static boolean isOn(Function<String, Optional<String>> settings) {
        return settings.apply(SWITCH).filter("1"::equals).isPresent();
    }

    /** Reports settings that contradict each other. */
    public Optional<Problem> problem() {
        if (!isOn(settings)) {
            return Optional.empty();
        }
        if (settings.apply("LOGS_AND_DASHBOARDS").filter("0"::equals).isPresent()) {
            return Optional.of(new Problem(
                    SWITCH,
                    "is 1, and LOGS_AND_DASHBOARDS=0 leaves out what shows traces",
                    "set TRACING=0, or LOGS_AND_DASHBOARDS=1 in .env"));
        }
        if (settings.apply(ELSEWHERE).isPresent()) {
            return Optional.of(new Problem(
                    ELSEWHERE,
                    "is set, and TRACING=1 keeps traces here",
                    "choose one of them: take the other out of .env"));
        }
        return Optional.empty();
    }

    /** Where spans go, in words; empty if nobody keeps them. */
    public Optional<String> destination() {
        return isOn(settings)
                ? Optional.of(
                        "into Tempo, for " + settings.apply("TRACES_RETENTION").orElse("72h"))
                : settings.apply(ELSEWHERE).map(address -> "the gateway's spans go to " + address);
    }

    /** Each file with what it holds from now on; empty for one that goes. */
    public Map<Path, Optional<String>> files() {
        Map<Path, Optional<String>> files = new LinkedHashMap<>();
        boolean on = isOn(settings);
        Optional<String> here = on ? Optional.of(COLLECTOR) : Optional.empty();
        Optional<String> elsewhere = settings.apply(ELSEWHERE);
        put(files, "gateway/settings/sidecar.gateway.tracing.endpoint", here.or(() -> elsewhere));
        put(
                files,
                "gateway/settings/sidecar.gateway.tracing.token",
                elsewhere.flatMap(address -> kept.apply(secrets.resolve("gateway/otlp_token"))));
        // The proof plants a trace of its own.
        put(files, "gateway/settings/sidecar.gateway.tracing.trusted-peers", here.map(address -> "sidecar"));
        put(
                files,
                "api/settings/management.opentelemetry.tracing.export.otlp.endpoint",
                here.map(address -> address + "/v1/traces"));
        put(
                files,
                "api/settings/management.opentelemetry.tracing.sampler",
                here.map(address -> "parent-based-trace-id-ratio"));
        put(files, "sidecar/settings/sidecar.traces.tempo-url", here.map(address -> "http://tempo:3200"));
        put(files, "grafana/disabled_plugins", Optional.of(UNUSED_PLUGINS + (on ? "" : ",tempo")));
        return files;
    }

    private void put(Map<Path, Optional<String>> files, String name, Optional<String> content) {
        files.put(secrets.resolve(name), content);
    }
}
