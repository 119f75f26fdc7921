package dev.sidecar.alerts;

import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.Peer;
import dev.sidecar.peers.PeerUnavailable;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * Asks Alertmanager over its API. Every method but {@link #isConfigured()} and {@link #address()} throws {@link NotConfigured} or
 * {@link PeerUnavailable} if Alertmanager cannot be asked.
 */
public final class Alertmanager {

    private final Peer peer;

    Alertmanager(Peer peer) {
        this.peer = peer;
    }

    /** Alertmanager's address is set. */
    public boolean isConfigured() {
        return peer.isConfigured();
    }

    /** Alertmanager's address, for links; empty if it is not configured. */
    public Optional<URI> address() {
        return peer.address();
    }

    /** Reads its running configuration, anew each time, as it may be reloaded. */
    public AlertmanagerConfig config() {
        return AlertmanagerConfig.parse(
                peer.get("/api/v2/status").path("config").path("original").stringValue(""));
    }

    /** Lists the alerts that it knows of now, inhibited and silenced ones too. */
    public List<FiringAlert> firing() {
        List<FiringAlert> alerts = new ArrayList<>();
        for (JsonNode alert : peer.get("/api/v2/alerts")) {
            List<String> receivers = new ArrayList<>();
            alert.path("receivers")
                    .forEach(receiver -> receivers.add(receiver.path("name").stringValue("")));
            alerts.add(new FiringAlert(
                    strings(alert.path("labels")),
                    strings(alert.path("annotations")),
                    Instant.parse(alert.path("startsAt").stringValue("1970-01-01T00:00:00Z")),
                    "suppressed".equals(alert.path("status").path("state").stringValue("")),
                    List.copyOf(receivers)));
        }
        return alerts;
    }

    /** Counts the notifications that failed since its start, by integration and reason. */
    Map<String, Double> failures() {
        Map<String, Double> failures = new TreeMap<>();
        peer.text("/metrics")
                .lines()
                .filter(line -> line.startsWith("alertmanager_notifications_failed_total{"))
                .forEach(line -> {
                    int end = line.lastIndexOf(' ');
                    failures.put(line.substring(0, end), Double.parseDouble(line.substring(end + 1)));
                });
        return failures;
    }

    /** Sends it alerts as Prometheus does. */
    void post(List<PostedAlert> alerts) {
        int status = peer.postJson("/api/v2/alerts", alerts);
        if (status != 200) {
            throw new PeerUnavailable("Alertmanager answered %d to the alerts of the drill.".formatted(status));
        }
    }

    static Map<String, String> strings(JsonNode object) {
        Map<String, String> strings = new TreeMap<>();
        object.forEachEntry((name, value) -> strings.put(name, value.stringValue("")));
        return strings;
    }

    /** An alert on its way to Alertmanager; times as ISO-8601. */
    record PostedAlert(Map<String, String> labels, Map<String, String> annotations, String startsAt, String endsAt) {}
}
