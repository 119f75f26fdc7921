package dev.sidecar.grafana;

import dev.sidecar.peers.Peer;
import dev.sidecar.peers.PeerUnavailable;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Grafana, asked over its HTTP API. Every method throws {@link dev.sidecar.peers.NotConfigured} or
 * {@link PeerUnavailable} if it cannot be asked.
 *
 * @see <a href="https://grafana.com/docs/grafana/latest/developers/http_api/">HTTP API</a>
 */
public final class Grafana {

    private final Peer peer;
    private final Peer withDefaultPassword;
    private final GrafanaProperties properties;

    Grafana(GrafanaProperties properties) {
        this.properties = properties;
        this.peer = peer(
                properties,
                properties.user(),
                properties.password() == null ? "" : properties.password().reveal());
        this.withDefaultPassword = peer(properties, "admin", "admin");
    }

    private static Peer peer(GrafanaProperties properties, String user, String password) {
        return new Peer(
                "Grafana",
                "sidecar.dashboards.grafana-url",
                properties.grafanaUrl(),
                properties.timeout(),
                headers -> headers.setBasicAuth(user, password));
    }

    /** Its address as people reach it, for links; empty if Grafana is not configured. */
    public Optional<URI> publicAddress() {
        return peer.address().map(configured -> properties.publicUrl());
    }

    /** The health of each provisioned data source by its name, as seen through Grafana: {@code OK}, or what is wrong. */
    public Map<String, String> dataSources() {
        Map<String, String> health = new LinkedHashMap<>();
        for (JsonNode source : peer.get("/api/datasources")) {
            String uid = source.path("uid").asString("");
            health.put(
                    source.path("name").asString(uid),
                    health(uid, source.path("type").asString("")));
        }
        return health;
    }

    private String health(String uid, String type) {
        try {
            if (type.equals("alertmanager")) {
                // This kind lives in the browser alone: to its health check Grafana always answers with an error.
                peer.get("/api/datasources/proxy/uid/" + uid + "/api/v2/status");
                return "OK";
            }
            JsonNode answer = peer.get("/api/datasources/uid/" + uid + "/health");
            String status = answer.path("status").asString("");
            return status.equals("OK") ? status : answer.path("message").asString(status);
        } catch (PeerUnavailable e) {
            return e.getMessage();
        }
    }

    /** Every query of every panel of every provisioned dashboard, as asked when somebody opens it and touches nothing. */
    public List<PanelQuery> panelQueries() {
        List<PanelQuery> queries = new ArrayList<>();
        for (JsonNode found : peer.get("/api/search", Map.of("type", "dash-db"))) {
            JsonNode dashboard =
                    peer.get("/api/dashboards/uid/" + found.path("uid").asString(""));
            queries.addAll(new Dashboard(found.path("title").asString(""), dashboard.path("dashboard")).queries());
        }
        return queries;
    }

    /** How each dashboard opens, and where it leads. */
    public List<Opening> openings() {
        List<Opening> openings = new ArrayList<>();
        for (JsonNode found : peer.get("/api/search", Map.of("type", "dash-db"))) {
            String uid = found.path("uid").asString("");
            openings.add(Opening.of(
                    uid,
                    found.path("title").asString(""),
                    peer.get("/api/dashboards/uid/" + uid).path("dashboard")));
        }
        return openings;
    }

    /** Titles of the dashboards that are there. */
    public List<String> dashboards() {
        List<String> titles = new ArrayList<>();
        peer.get("/api/search", Map.of("type", "dash-db"))
                .forEach(found -> titles.add(found.path("title").asString("")));
        return titles;
    }

    /** The answer, an HTTP status, to somebody who tries the password that Grafana is shipped with. One failed login in its log. */
    public int answerToDefaultPassword() {
        return withDefaultPassword.status("/api/org");
    }
}
