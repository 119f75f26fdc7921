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
        return peer.understood(() -> AlertmanagerConfig.parse(
                peer.get("/api/v2/status").path("config").path("original").stringValue("")));
    }

    /** Lists the alerts that it knows of now, inhibited and silenced ones too. */
    public List<FiringAlert> firing() {
        return peer.understood(() -> alerts(peer.get("/api/v2/alerts")));
    }

    /** Lists the groups in which it notifies of alerts; an alert that goes to several receivers is in several. */
    List<AlertGroup> groups() {
        return peer.understood(this::readGroups);
    }

    private List<AlertGroup> readGroups() {
        List<AlertGroup> groups = new ArrayList<>();
        for (JsonNode group : peer.get("/api/v2/alerts/groups")) {
            groups.add(new AlertGroup(
                    group.path("receiver").path("name").stringValue(""),
                    strings(group.path("labels")),
                    alerts(group.path("alerts"))));
        }
        return groups;
    }

    private static List<FiringAlert> alerts(JsonNode list) {
        List<FiringAlert> alerts = new ArrayList<>();
        for (JsonNode alert : list) {
            List<String> receivers = new ArrayList<>();
            alert.path("receivers")
                    .forEach(receiver -> receivers.add(receiver.path("name").stringValue("")));
            JsonNode status = alert.path("status");
            alerts.add(new FiringAlert(
                    strings(alert.path("labels")),
                    strings(alert.path("annotations")),
                    Instant.parse(alert.path("startsAt").stringValue("1970-01-01T00:00:00Z")),
                    "suppressed".equals(status.path("state").stringValue(""))
                            || !status.path("mutedBy").isEmpty(),
                    List.copyOf(receivers),
                    status.path("silencedBy")
                            .valueStream()
                            .map(id -> id.stringValue(""))
                            .toList()));
        }
        return alerts;
    }

    /** Counts what each integration of each receiver tried since Alertmanager's start, and how that failed. */
    Attempts attempts() {
        return peer.understood(() -> Attempts.parse(
                Instant.parse(peer.get("/api/v2/status").path("uptime").stringValue("1970-01-01T00:00:00Z")),
                peer.text("/metrics")));
    }

    /** Lists the silences that hold now. */
    public List<Silence> silences() {
        return peer.understood(this::readSilences);
    }

    private List<Silence> readSilences() {
        List<Silence> silences = new ArrayList<>();
        for (JsonNode silence : peer.get("/api/v2/silences")) {
            if ("active".equals(silence.path("status").path("state").stringValue(""))) {
                List<Silence.Matcher> matchers = new ArrayList<>();
                silence.path("matchers")
                        .forEach(matcher -> matchers.add(new Silence.Matcher(
                                matcher.path("name").stringValue(""),
                                matcher.path("value").stringValue(""),
                                matcher.path("isRegex").asBoolean(false),
                                !matcher.path("isEqual").asBoolean(true))));
                silences.add(new Silence(
                        silence.path("id").stringValue(""),
                        List.copyOf(matchers),
                        Instant.parse(silence.path("startsAt").stringValue("1970-01-01T00:00:00Z")),
                        Instant.parse(silence.path("endsAt").stringValue("1970-01-01T00:00:00Z")),
                        silence.path("createdBy").stringValue(""),
                        silence.path("comment").stringValue("")));
            }
        }
        return silences;
    }

    /** Begins a silence. @param silence without an ID @return the ID */
    public String silence(Silence silence) {
        List<Map<String, Object>> matchers = silence.matchers().stream()
                .map(matcher -> Map.<String, Object>of(
                        "name",
                        matcher.name(),
                        "value",
                        matcher.value(),
                        "isRegex",
                        matcher.regex(),
                        "isEqual",
                        !matcher.unequal()))
                .toList();
        String id = peer.exchangeJson(
                        "/api/v2/silences",
                        Map.of(
                                "matchers",
                                matchers,
                                "startsAt",
                                silence.from().toString(),
                                "endsAt",
                                silence.until().toString(),
                                "createdBy",
                                silence.by(),
                                "comment",
                                silence.comment()))
                .path("silenceID")
                .stringValue("");
        if (id.isEmpty()) {
            throw new PeerUnavailable("Alertmanager gave the silence no ID, so there may be none.");
        }
        return id;
    }

    /** Ends a silence now. */
    public void endSilence(String id) {
        int status = peer.delete("/api/v2/silence/" + id);
        if (status != 200) {
            throw new PeerUnavailable("Alertmanager answered %d to the end of a silence.".formatted(status), status);
        }
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

    /**
     * A group of alerts that Alertmanager notifies of together.
     *
     * @param receiver the receiver's name
     * @param labels what its alerts have in common, by which they are grouped
     * @param alerts the alerts in it now
     */
    record AlertGroup(String receiver, Map<String, String> labels, List<FiringAlert> alerts) {}

    /** An alert on its way to Alertmanager; times as ISO-8601. */
    record PostedAlert(Map<String, String> labels, Map<String, String> annotations, String startsAt, String endsAt) {}
}
