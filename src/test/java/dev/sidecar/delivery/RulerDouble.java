package dev.sidecar.delivery;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.yaml.snakeyaml.Yaml;

/**
 * Mimir's API for rules as its documentation describes it, with its default limit. Mimir itself is not at hand here.
 *
 * @see <a href="https://grafana.com/docs/mimir/latest/references/http-api/#ruler-rules">Ruler rules</a>
 */
final class RulerDouble implements AutoCloseable {

    private static final String PATH = "/prometheus/config/v1/rules/";
    private static final int MOST = 20;

    final Map<String, Map<String, Object>> groups = new TreeMap<>();

    /** Answers to a write as if it were done. */
    boolean loses;

    private final HttpServer server;
    private final String tenant;

    RulerDouble(String tenant) throws IOException {
        this.tenant = tenant;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            synchronized (this) {
                answer(exchange);
            }
        });
        server.start();
    }

    /** As the ruler is named on the command line. */
    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/prometheus");
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        if (!tenant.equals(exchange.getRequestHeaders().getFirst("X-Scope-OrgID"))) {
            say(exchange, 401, "no org id\n");
            return;
        }
        if (!path.startsWith(PATH)) {
            say(exchange, 404, "404 page not found\n");
            return;
        }
        String[] rest = path.substring(PATH.length()).split("/");
        switch (exchange.getRequestMethod()) {
            case "GET" -> {
                if (groups.isEmpty()) {
                    say(exchange, 404, "no rule groups found\n");
                } else {
                    exchange.getResponseHeaders().set("Content-Type", "application/yaml");
                    say(exchange, 200, new Yaml().dump(Map.of(rest[0], List.copyOf(groups.values()))));
                }
            }
            case "POST" -> take(exchange);
            case "DELETE" -> say(exchange, groups.remove(rest[1]) == null ? 404 : 202, "");
            default -> say(exchange, 405, "");
        }
    }

    private void take(HttpExchange exchange) throws IOException {
        if (!"application/yaml".equals(exchange.getRequestHeaders().getFirst("Content-Type"))) {
            say(exchange, 415, "");
            return;
        }
        Map<String, Object> group = new LinkedHashMap<>(
                new Yaml().load(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
        int rules = ((List<?>) group.get("rules")).size();
        if (rules > MOST) {
            say(
                    exchange,
                    400,
                    "per-user rules per rule group limit (limit: %d actual: %d) exceeded".formatted(MOST, rules));
            return;
        }
        if (!loses) {
            groups.put(String.valueOf(group.get("name")), group);
        }
        say(exchange, 202, "{\"status\":\"success\",\"data\":null,\"errorType\":\"\",\"error\":\"\"}");
    }

    private static void say(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
