package dev.sidecar.grafana;

import dev.sidecar.peers.Peer;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.secrets.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.springframework.http.HttpHeaders;
import tools.jackson.databind.JsonNode;

/**
 * Asks Grafana over its HTTP API. Every method throws {@link dev.sidecar.peers.NotConfigured} or
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
        this.peer = peer(properties, headers -> login(headers, properties));
        this.withDefaultPassword = peer(properties, headers -> headers.setBasicAuth("admin", "admin"));
    }

    private static void login(HttpHeaders headers, GrafanaProperties properties) {
        Secret token = properties.viewerToken();
        Secret password = properties.password();
        if (token != null) {
            headers.set("X-JWT-Assertion", token.reveal());
        } else {
            headers.setBasicAuth(properties.user(), password == null ? "" : password.reveal(), StandardCharsets.UTF_8);
        }
    }

    private static Peer peer(GrafanaProperties properties, Consumer<HttpHeaders> login) {
        return new Peer(
                "Grafana", "sidecar.dashboards.grafana-url", properties.grafanaUrl(), properties.timeout(), login);
    }

    /** Grafana's public address, for links; empty if it is not configured. */
    public Optional<URI> publicAddress() {
        return peer.address().map(configured -> properties.publicUrl());
    }

    /** Lists the uids of the data sources, by which panels name them. */
    public Set<String> dataSourceUids() {
        Set<String> uids = new TreeSet<>();
        peer.get("/api/datasources")
                .forEach(source -> uids.add(source.path("uid").asString("")));
        return uids;
    }

    /** Checks each provisioned data source through Grafana. @return by its name {@code OK}, or the error */
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
                // This kind works in the browser only: Grafana answers its health check always with an error.
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

    /** Lists every query of every panel of every dashboard, as Grafana sends it when you open the dashboard. */
    public List<PanelQuery> panelQueries() {
        List<PanelQuery> queries = new ArrayList<>();
        for (JsonNode found : peer.get("/api/search", Map.of("type", "dash-db"))) {
            JsonNode dashboard =
                    peer.get("/api/dashboards/uid/" + found.path("uid").asString(""));
            queries.addAll(new Dashboard(found.path("title").asString(""), dashboard.path("dashboard")).queries());
        }
        return queries;
    }

    /** Lists the time range, refresh and links with which each dashboard opens. */
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

    /** Lists the titles of the dashboards. */
    public List<String> dashboards() {
        List<String> titles = new ArrayList<>();
        peer.get("/api/search", Map.of("type", "dash-db"))
                .forEach(found -> titles.add(found.path("title").asString("")));
        return titles;
    }

    /** Tries the password that Grafana is shipped with; leaves one failed login in its log. @return the HTTP status */
    public int answerToDefaultPassword() {
        return withDefaultPassword.status("/api/org");
    }
}
