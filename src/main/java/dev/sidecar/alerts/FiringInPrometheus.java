package dev.sidecar.alerts;

import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.prometheus.Prometheus;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Lists what Prometheus has had fire for two minutes at least. That it does not answer is told by the dead man's switch. */
final class FiringInPrometheus implements Supplier<List<FiringAlert>> {

    /** The value is when the alert's condition began. */
    static final String QUERY = "ALERTS_FOR_STATE and ignoring (alertstate)"
            + " (ALERTS{alertstate=\"firing\"} and ALERTS{alertstate=\"firing\"} offset 2m)";

    private final Prometheus prometheus;

    FiringInPrometheus(Prometheus prometheus) {
        this.prometheus = prometheus;
    }

    @Override
    public List<FiringAlert> get() {
        try {
            return prometheus.query(QUERY).stream()
                    .map(sample -> new FiringAlert(
                            withoutName(sample.labels()),
                            Map.of(),
                            Instant.ofEpochMilli((long) (sample.value() * 1000)),
                            false,
                            List.of()))
                    .toList();
        } catch (NotConfigured | PeerUnavailable e) {
            return List.of();
        }
    }

    private static Map<String, String> withoutName(Map<String, String> labels) {
        Map<String, String> without = new TreeMap<>(labels);
        without.remove("__name__");
        return without;
    }
}
