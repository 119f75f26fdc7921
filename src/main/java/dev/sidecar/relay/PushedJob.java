package dev.sidecar.relay;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Another host may push these, by the job that it scrapes. Nothing else passes: a metric of the sidecar, of the gateway or of a probe that
 * another host made up would be taken for this stack's own by rules that add up or compare over hosts.
 */
enum PushedJob {
    NODE("exporter", List.of("node_")),
    POSTGRES("exporter", List.of("pg_")),
    REDIS("exporter", List.of("redis_")),
    ALLOY(
            "infra",
            List.of(
                    "alloy_",
                    "otelcol_exporter_",
                    "loki_source_",
                    "prometheus_remote_storage_",
                    "prometheus_remote_write_"));

    /** Prometheus, or Alloy in its place, says these of each target. */
    private static final Set<String> OF_TARGETS = Set.of(
            "up",
            "scrape_duration_seconds",
            "scrape_samples_scraped",
            "scrape_samples_post_metric_relabeling",
            "scrape_series_added");

    private final String role;
    private final List<String> beginnings;

    PushedJob(String role, List<String> beginnings) {
        this.role = role;
        this.beginnings = beginnings;
    }

    static Optional<PushedJob> of(String job) {
        for (PushedJob known : values()) {
            if (known.service().equals(job)) {
                return Optional.of(known);
            }
        }
        return Optional.empty();
    }

    boolean exports(String metric) {
        return OF_TARGETS.contains(metric) || beginnings.stream().anyMatch(metric::startsWith);
    }

    /** Label {@code service}. */
    String service() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    /** Label {@code job}: never one of this stack's own, so that a query for those finds no stranger's series. */
    String job() {
        return "satellite-" + service();
    }

    String role() {
        return role;
    }
}
