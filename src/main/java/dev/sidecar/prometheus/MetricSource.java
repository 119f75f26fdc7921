package dev.sidecar.prometheus;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Knows by the beginning of a metric's name which scrape job exports it. */
final class MetricSource {

    /** The first beginning that fits decides. */
    private static final Map<String, String> JOBS = new LinkedHashMap<>();

    static {
        JOBS.put("sidecar_relay_", "relay");
        JOBS.put("loki_process_custom_", "alloy");
        JOBS.put("loki_write_", "alloy");
        JOBS.put("otelcol_", "alloy");
        JOBS.put("alloy_", "alloy");
        JOBS.put("loki_", "loki");
        JOBS.put("grafana_", "grafana");
        JOBS.put("redis_", "redis");
        JOBS.put("nginx_", "nginx");
        JOBS.put("pg_", "postgres");
        JOBS.put("node_", "node");
        JOBS.put("probe_", "blackbox");
    }

    private MetricSource() {}

    /** The program that exports the metric is none of those that are expected. Without expectations nothing is known. */
    static boolean isNotExpected(String metric, Set<String> expected) {
        return !expected.isEmpty()
                && JOBS.entrySet().stream()
                        .filter(job -> metric.startsWith(job.getKey()))
                        .findFirst()
                        .filter(job -> !expected.contains(job.getValue()))
                        .isPresent();
    }
}
