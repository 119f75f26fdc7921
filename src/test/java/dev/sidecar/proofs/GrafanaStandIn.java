package dev.sidecar.proofs;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Answers what Grafana's HTTP API answers: to whoever has the login, with the dashboards of the repository and data sources that it
 * really asks whether they live.
 */
final class GrafanaStandIn implements AutoCloseable {

    private final HttpClient http = HttpClient.newHttpClient();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;
    private final Map<String, URI> sources;
    private final Set<String> logins = ConcurrentHashMap.newKeySet();
    private final Map<String, JsonNode> dashboards = new LinkedHashMap<>();

    /** @param sources where each data source says that it lives, by its name */
    GrafanaStandIn(String password, Map<String, URI> sources) throws IOException {
        this.sources = sources;
        accept(password);
        try (Stream<Path> files = Files.list(Path.of("grafana/dashboards"))) {
            for (Path file : files.sorted().toList()) {
                show(Files.readString(file));
            }
        }
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    String hostAndPort() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    String url() {
        return "http://" + hostAndPort();
    }

    void accept(String adminPassword) {
        logins.add("Basic "
                + Base64.getEncoder().encodeToString(("admin:" + adminPassword).getBytes(StandardCharsets.UTF_8)));
    }

    void refuse(String adminPassword) {
        logins.remove("Basic "
                + Base64.getEncoder().encodeToString(("admin:" + adminPassword).getBytes(StandardCharsets.UTF_8)));
    }

    void show(String dashboard) {
        JsonNode model = JsonMapper.shared().readTree(dashboard);
        dashboards.put(model.get("uid").asString(), model);
    }

    /** @return where it lived */
    URI loseSource(String name) {
        return sources.remove(name);
    }

    void addSource(String name, URI lives) {
        sources.put(name, lives);
    }

    void hide(String uid) {
        dashboards.remove(uid);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            int status = 200;
            Object answer;
            if (path.equals("/metrics")) {
                answer = "process_resident_memory_bytes 1e8\nprocess_cpu_seconds_total 1\n";
            } else if (!logins.contains(
                    String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")))) {
                status = 401;
                answer = Map.of("message", "Invalid username or password", "messageId", "password-auth.failed");
            } else if (path.matches("/api/datasources/uid/\\w+/health")) {
                String source = path.split("/")[4];
                // Of an Alertmanager, a real Grafana knows no health.
                boolean alive = !source.equals("alertmanager") && isAlive(source);
                status = alive ? 200 : 400;
                answer = Map.of("status", alive ? "OK" : "ERROR", "message", alive ? "works" : "dial tcp: refused");
            } else if (path.equals("/api/datasources/proxy/uid/alertmanager/api/v2/status")) {
                boolean alive = isAlive("alertmanager");
                status = alive ? 200 : 502;
                answer = alive ? Map.of("cluster", Map.of("status", "ready")) : Map.of("message", "dial tcp: refused");
            } else if (path.matches("/api/dashboards/uid/[\\w-]+") && dashboards.containsKey(path.split("/")[4])) {
                answer = Map.of("dashboard", dashboards.get(path.split("/")[4]), "meta", Map.of("provisioned", true));
            } else if (path.equals("/api/datasources")) {
                List<Object> all = new ArrayList<>();
                sources.keySet()
                        .forEach(name ->
                                all.add(Map.of("name", name, "uid", name.toLowerCase(), "type", name.toLowerCase())));
                answer = all;
            } else if (path.equals("/api/search")) {
                List<Object> all = new ArrayList<>();
                dashboards.forEach((uid, model) ->
                        all.add(Map.of("uid", uid, "title", model.path("title").asString(), "type", "dash-db")));
                answer = all;
            } else if (path.equals("/api/org")) {
                answer = Map.of("id", 1, "name", "Main Org.");
            } else {
                status = 404;
                answer = Map.of("message", "Not found");
            }
            byte[] body = (answer instanceof String text
                            ? text
                            : JsonMapper.shared().writeValueAsString(answer))
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders()
                    .set("Content-Type", answer instanceof String ? "text/plain; version=0.0.4" : "application/json");
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private boolean isAlive(String uid) {
        URI address = sources.entrySet().stream()
                .filter(source -> source.getKey().equalsIgnoreCase(uid))
                .findFirst()
                .orElseThrow()
                .getValue();
        try {
            return http.send(HttpRequest.newBuilder(address).build(), BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
