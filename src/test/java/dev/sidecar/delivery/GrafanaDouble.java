package dev.sidecar.delivery;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What Grafana's documentation says of its API for folders, dashboards and data sources, to the letter: it refuses what Grafana refuses. The
 * real program is not at hand here.
 *
 * @see <a href="https://grafana.com/docs/grafana/latest/developers/http_api/">HTTP API</a>
 */
final class GrafanaDouble implements AutoCloseable {

    static final String TOKEN = "glsa_test";
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Set<String> KNOWN_OF_SOURCE = Set.of(
            "uid",
            "name",
            "type",
            "access",
            "url",
            "basicAuth",
            "basicAuthUser",
            "isDefault",
            "jsonData",
            "secureJsonData");

    final Map<String, JsonNode> folders = new TreeMap<>();
    final Map<String, JsonNode> dashboards = new TreeMap<>();
    final Map<String, JsonNode> sources = new TreeMap<>();
    final Map<String, Integer> versions = new TreeMap<>();
    final List<String> writes = new ArrayList<>();

    /** Takes dashboards and forgets them. */
    boolean loses;

    private final HttpServer server;

    GrafanaDouble() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            synchronized (this) {
                Answer answer = answer(exchange);
                byte[] body = answer.body.getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Content-Type", "application/json; charset=UTF-8");
                exchange.sendResponseHeaders(answer.status, body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            }
        });
        server.start();
    }

    private record Answer(int status, String body) {

        static Answer of(int status, String message) {
            return new Answer(status, JSON.writeValueAsString(Map.of("message", message)));
        }
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private Answer answer(HttpExchange exchange) throws IOException {
        if (!("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            return Answer.of(401, "Invalid API key");
        }
        String method = exchange.getRequestMethod();
        String path = exchange.getRequestURI().getPath();
        String last = path.substring(path.lastIndexOf('/') + 1);
        if (method.equals("GET")) {
            if (path.equals("/api/folders/" + last)) {
                return found(folders.get(last), "folder not found");
            }
            if (path.equals("/api/datasources/uid/" + last)) {
                return found(sources.get(last), "Data source not found");
            }
            JsonNode dashboard = dashboards.get(last);
            if (path.equals("/api/dashboards/uid/" + last)) {
                return dashboard == null
                        ? Answer.of(404, "Dashboard not found")
                        : new Answer(
                                200,
                                JSON.writeValueAsString(Map.of("meta", Map.of("slug", last), "dashboard", dashboard)));
            }
            return Answer.of(404, "Not found");
        }
        writes.add(method + " " + path);
        if (!String.valueOf(exchange.getRequestHeaders().getFirst("Content-Type"))
                .startsWith("application/json")) {
            return Answer.of(415, "Unsupported media type");
        }
        JsonNode body = JSON.readTree(exchange.getRequestBody().readAllBytes());
        return switch (method + " " + path.replaceAll("/uid/.*", "/uid/…")) {
            case "POST /api/folders" -> folder(body);
            case "POST /api/dashboards/db" -> dashboard(body);
            case "POST /api/datasources" -> source(body, body.path("uid").asString(""), false);
            case "PUT /api/datasources/uid/…" -> source(body, last, true);
            default -> Answer.of(404, "Not found");
        };
    }

    private static Answer found(JsonNode there, String otherwise) {
        return there == null ? Answer.of(404, otherwise) : new Answer(200, JSON.writeValueAsString(there));
    }

    private Answer folder(JsonNode body) {
        String uid = body.path("uid").asString("");
        if (body.path("title").asString("").isEmpty()) {
            return Answer.of(400, "folder title cannot be empty");
        }
        if (folders.putIfAbsent(uid, body) != null) {
            return Answer.of(412, "The folder has been changed by someone else");
        }
        return new Answer(200, JSON.writeValueAsString(body));
    }

    private Answer dashboard(JsonNode body) {
        ObjectNode model = (ObjectNode) body.path("dashboard");
        String uid = model.path("uid").asString("");
        if (model.path("title").asString("").isEmpty()) {
            return Answer.of(400, "Dashboard title cannot be empty");
        }
        if (!uid.matches("[a-zA-Z0-9_-]{1,40}")) {
            return Answer.of(400, "uid contains illegal characters");
        }
        if (model.hasNonNull("id")) {
            return Answer.of(404, "Dashboard not found");
        }
        if (!folders.containsKey(body.path("folderUid").asString(""))) {
            return Answer.of(400, "folder not found");
        }
        if (dashboards.containsKey(uid) && !body.path("overwrite").asBoolean(false)) {
            return Answer.of(412, "The dashboard has been changed by someone else");
        }
        if (!loses) {
            dashboards.put(uid, model);
        }
        return new Answer(
                200,
                JSON.writeValueAsString(
                        Map.of("uid", uid, "status", "success", "version", versions.merge(uid, 1, Integer::sum))));
    }

    private Answer source(JsonNode body, String uid, boolean exists) {
        if (!KNOWN_OF_SOURCE.containsAll(body.propertyNames())) {
            return Answer.of(400, "bad request data: " + body.propertyNames());
        }
        for (String needed : List.of("name", "type", "access")) {
            if (body.path(needed).asString("").isEmpty()) {
                return Answer.of(400, "bad request data: " + needed);
            }
        }
        if (exists != sources.containsKey(uid)) {
            return exists
                    ? Answer.of(404, "Data source not found")
                    : Answer.of(409, "data source with the same uid already exists");
        }
        boolean taken = sources.entrySet().stream()
                .anyMatch(other -> !other.getKey().equals(uid)
                        && other.getValue().path("name").equals(body.path("name")));
        if (taken) {
            return Answer.of(409, "data source with the same name already exists");
        }
        sources.put(uid, body);
        return Answer.of(200, exists ? "Datasource updated" : "Datasource added");
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
