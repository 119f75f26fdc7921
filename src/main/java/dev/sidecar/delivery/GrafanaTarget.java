package dev.sidecar.delivery;

import dev.sidecar.commands.CommandFailure;
import dev.sidecar.peers.Peer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Brings dashboards and data sources to a Grafana over its HTTP API. What is there under one of our uids and is not ours stays, unless it
 * may be replaced.
 *
 * @see <a href="https://grafana.com/docs/grafana/latest/developers/http_api/">HTTP API</a>
 */
final class GrafanaTarget {

    private static final int NOT_FOUND = 404;
    private static final String TAG = "sidecar";
    private static final String FOLDER = "observability-sidecar";
    private static final JsonMapper JSON = JsonMapper.shared();

    private final Peer grafana;
    private final boolean replace;

    GrafanaTarget(Peer grafana, boolean replace) {
        this.grafana = grafana;
        this.replace = replace;
    }

    /** @throws CommandFailure naming what is in the way, before anything is changed */
    void deliver(List<Map<String, Object>> sources, Map<String, String> dashboards) {
        requireFree(sources, dashboards);
        sources.forEach(this::deliver);
        if (missing("/api/folders/" + FOLDER)) {
            send(HttpMethod.POST, "/api/folders", Map.of("uid", FOLDER, "title", "Observability"));
        }
        dashboards.forEach(this::deliver);
    }

    private void requireFree(List<Map<String, Object>> sources, Map<String, String> dashboards) {
        if (replace) {
            return;
        }
        List<String> strangers = new ArrayList<>();
        for (Map<String, Object> source : sources) {
            String path = "/api/datasources/uid/" + source.get("uid");
            if (!missing(path) && !isAddressedAs(source, grafana.get(path))) {
                strangers.add("data source " + source.get("uid"));
            }
        }
        for (String uid : dashboards.keySet()) {
            String path = "/api/dashboards/uid/" + uid;
            if (!missing(path) && !hasOurTag(grafana.get(path).path("dashboard"))) {
                strangers.add("dashboard " + uid);
            }
        }
        if (!strangers.isEmpty()) {
            throw new CommandFailure(
                    "%s has others under our uids: %s. With --replace they are replaced. Nothing was changed."
                            .formatted(grafana.name(), String.join(", ", strangers)));
        }
    }

    private static boolean isAddressedAs(Map<String, Object> source, JsonNode there) {
        return there.path("type").asString("").equals(source.get("type"))
                && there.path("url").asString("").equals(source.get("url"));
    }

    private static boolean hasOurTag(JsonNode dashboard) {
        for (JsonNode tag : dashboard.path("tags")) {
            if (tag.asString("").equals(TAG)) {
                return true;
            }
        }
        return false;
    }

    private void deliver(Map<String, Object> source) {
        String path = "/api/datasources/uid/" + source.get("uid");
        if (missing(path)) {
            send(HttpMethod.POST, "/api/datasources", source);
        } else {
            send(HttpMethod.PUT, path, source);
        }
        if (!isAddressedAs(source, grafana.get(path))) {
            throw new CommandFailure("%s took data source %s and does not have it as it was sent."
                    .formatted(grafana.name(), source.get("uid")));
        }
    }

    private void deliver(String uid, String text) {
        ObjectNode model = (ObjectNode) JSON.readTree(text);
        model.remove("id");
        model.remove("version");
        send(
                HttpMethod.POST,
                "/api/dashboards/db",
                Map.of(
                        "dashboard",
                        model,
                        "folderUid",
                        FOLDER,
                        "overwrite",
                        true,
                        "message",
                        "delivered by the sidecar"));
        JsonNode there = grafana.get("/api/dashboards/uid/" + uid).path("dashboard");
        if (!hasOurTag(there)
                || there.path("panels").size() != model.path("panels").size()) {
            throw new CommandFailure(
                    "%s took dashboard %s and does not have it as it was sent.".formatted(grafana.name(), uid));
        }
    }

    private boolean missing(String path) {
        return grafana.status(path) == NOT_FOUND;
    }

    private void send(HttpMethod method, String path, Map<String, Object> body) {
        grafana.send(method, path, MediaType.APPLICATION_JSON, JSON.writeValueAsString(body));
    }
}
