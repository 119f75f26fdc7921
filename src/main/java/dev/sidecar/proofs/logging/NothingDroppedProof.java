package dev.sidecar.proofs.logging;

import dev.sidecar.loki.Loki;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.prometheus.Sample;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

final class NothingDroppedProof implements Proof {

    /** Loki answers these with 429, and the senders send the lines again: nothing is lost. */
    private static final String REFUSED_FOR_GOOD =
            "loki_discarded_samples_total{reason!~\".*rate_limit.*|stream_limit\"}";

    /** The programs that lines pass, by their scrape jobs. */
    private static final List<String> COUNTING = List.of("alloy", "loki", "sidecar");

    private static final Map<String, String> COUNTERS = new LinkedHashMap<>();

    static {
        COUNTERS.put(
                "lines that the sidecar did not deliver",
                "sum(increase(sidecar_log_lines_total{outcome=~\"dropped|failed\"}[15m]))");
        COUNTERS.put(
                "batches that the sidecar could not deliver", "sum(increase(sidecar_log_batches_lost_total[15m]))");
        COUNTERS.put(
                "lines that did not fit into the collector's queue",
                "sum(increase({__name__=~\"otelcol_exporter_enqueue_failed_log_records_total"
                        + "|loki_write_dropped_entries_total\"}[15m]))");
        // For one refused line the collector counts the whole batch; Loki's own count is the right one where there is
        // one.
        COUNTERS.put(
                "lines that the collector could not deliver",
                "sum(increase(otelcol_exporter_send_failed_log_records_total[15m])) unless sum(increase("
                        + REFUSED_FOR_GOOD + "[15m])) > 0");
        COUNTERS.put("lines that Loki refused", "sum(increase(" + REFUSED_FOR_GOOD + "[15m]))");
    }

    private final Loki loki;
    private final Prometheus prometheus;

    NothingDroppedProof(Loki loki, Prometheus prometheus) {
        this.loki = loki;
        this.prometheus = prometheus;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "LOG-8", Area.LOGGING, "No log line was dropped within the last 15 minutes.", Duration.ofMinutes(5));
    }

    @Override
    public Finding prove() {
        if (loki.address().isEmpty()) {
            // Where lines go nowhere, none is dropped on the way.
            throw new NotConfigured("Loki is not configured: set LOKI_URL.");
        }
        List<String> drops = new ArrayList<>();
        int counters = 0;
        for (Map.Entry<String, String> counter : COUNTERS.entrySet()) {
            List<Sample> result = prometheus.query(counter.getValue());
            counters += result.size();
            result.stream()
                    .filter(sample -> sample.value() > 0)
                    .forEach(sample -> drops.add("%s: %.0f".formatted(counter.getKey(), sample.value())));
        }
        if (counters == 0) {
            return Finding.inconclusive("Prometheus has no counter of dropped lines.");
        }
        Set<String> unasked = new TreeSet<>(COUNTING);
        unasked.retainAll(prometheus.expectedTargets());
        prometheus
                .query("min by (job) (up{job=~\"" + String.join("|", COUNTING) + "\"}) == 1")
                .forEach(up -> unasked.remove(up.labels().get("job")));
        if (drops.isEmpty() && !unasked.isEmpty()) {
            return Finding.inconclusive(
                    "Prometheus gets no counters from %s, so lines may have been lost there: see MET-1.",
                    Finding.list(unasked));
        }
        return drops.isEmpty()
                ? Finding.held(
                        "No lost lines within 15 minutes; %d of %d counters exist, the others appear with their first loss.",
                        counters, COUNTERS.size())
                : Finding.broken("%s.", String.join("; ", drops));
    }
}
