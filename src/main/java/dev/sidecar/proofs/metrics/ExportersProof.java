package dev.sidecar.proofs.metrics;

import dev.sidecar.peers.NotConfigured;
import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

final class ExportersProof implements Proof {

    private static final Map<String, List<String>> KEY_SERIES = new LinkedHashMap<>();

    static {
        KEY_SERIES.put(
                "postgres",
                List.of(
                        "pg_up",
                        "pg_stat_database_numbackends",
                        "pg_stat_database_blks_hit",
                        "pg_stat_statements_seconds_total",
                        "pg_database_size_bytes"));
        KEY_SERIES.put(
                "redis",
                List.of(
                        "redis_up",
                        "redis_commands_processed_total",
                        "redis_memory_used_bytes",
                        "redis_evicted_keys_total"));
        KEY_SERIES.put(
                "node",
                List.of(
                        "node_cpu_seconds_total",
                        "node_memory_MemAvailable_bytes",
                        "node_filesystem_avail_bytes",
                        "node_network_receive_bytes_total"));
        KEY_SERIES.put("nginx", List.of("nginx_up", "nginx_connections_active", "nginx_http_requests_total"));
    }

    private final Prometheus prometheus;

    ExportersProof(Prometheus prometheus) {
        this.prometheus = prometheus;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "MET-3",
                Area.METRICS,
                "The exporters deliver their key metrics: connections, cache hits, query times, memory, disk, network.",
                Duration.ofMinutes(5));
    }

    @Override
    public Finding prove() {
        List<String> dead = new ArrayList<>();
        int live = 0;
        Map<String, List<String>> expected = new LinkedHashMap<>(KEY_SERIES);
        expected.keySet().retainAll(prometheus.expectedTargets());
        if (expected.isEmpty()) {
            throw new NotConfigured("No exporter is expected: list the scrape jobs in sidecar.rules.expected-targets.");
        }
        for (Map.Entry<String, List<String>> job : expected.entrySet()) {
            for (String series : job.getValue()) {
                if (prometheus
                                .value("count(" + series + "{job=\"" + job.getKey() + "\"})")
                                .orElse(0)
                        > 0) {
                    live++;
                } else {
                    dead.add(series);
                }
            }
        }
        return dead.isEmpty()
                ? Finding.held("%d key metrics of %s are live.", live, Finding.list(expected.keySet()))
                : Finding.broken("Missing metrics: %s.", Finding.list(dead));
    }
}
