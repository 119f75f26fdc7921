package dev.sidecar.logs;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Speaks Loki's push protocol, strictly: what Loki would refuse is refused with 400 and remembered as a complaint. How it answers can
 * be changed while it runs. Like Loki it keeps one of two equal entries of one stream.
 */
final class LokiDouble implements AutoCloseable {

    /** One line as it was stored. */
    record Entry(Map<String, String> labels, long nanos, String line, Map<String, String> metadata) {}

    /** Answers a request whose payload is right. */
    interface Behaviour {
        void answer(LokiDouble loki, HttpExchange exchange, List<Entry> entries) throws Exception;
    }

    static final Behaviour STORES = (loki, exchange, entries) -> {
        loki.store(entries);
        exchange.sendResponseHeaders(204, -1);
    };

    /** As Loki does within its {@code creation_grace_period}: each line for itself, the complaints of equal words together. */
    static final Behaviour REFUSES_THE_FUTURE = (loki, exchange, entries) -> {
        Instant limit = Instant.now().plus(Duration.ofMinutes(10));
        Map<String, Integer> complaints = new TreeMap<>();
        for (Entry entry : entries) {
            Instant at = Instant.ofEpochSecond(0, entry.nanos());
            if (at.isAfter(limit)) {
                complaints.merge(
                        "entry for stream '%s' has timestamp too new: %s"
                                .formatted(entry.labels(), at.truncatedTo(ChronoUnit.SECONDS)),
                        1,
                        Integer::sum);
            } else {
                loki.store(List.of(entry));
            }
        }
        String words = complaints.entrySet().stream()
                .map(complaint -> complaints.size() == 1 && complaint.getValue() == 1
                        ? complaint.getKey()
                        : complaint.getValue() + " errors like: " + complaint.getKey())
                .collect(Collectors.joining("; "));
        if (words.isEmpty()) {
            exchange.sendResponseHeaders(204, -1);
        } else {
            answers(400, words).answer(loki, exchange, entries);
        }
    };

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(tools.jackson.core.StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Set<Entry> stored = new java.util.LinkedHashSet<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final AtomicInteger requests = new AtomicInteger();
    private volatile String authorization = "";
    private volatile String tenant = "";
    private volatile Behaviour behaviour = STORES;

    LokiDouble() {
        this(0);
    }

    LokiDouble(int port) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 50);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    static Behaviour answers(int status, String body) {
        return (loki, exchange, entries) -> {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        };
    }

    int port() {
        return server.getAddress().getPort();
    }

    String url() {
        return "http://localhost:" + port();
    }

    void behave(Behaviour changed) {
        behaviour = changed;
    }

    int requests() {
        return requests.get();
    }

    String authorization() {
        return authorization;
    }

    String tenant() {
        return tenant;
    }

    List<String> complaints() {
        return complaints;
    }

    List<Entry> stored() {
        synchronized (stored) {
            return List.copyOf(stored);
        }
    }

    void store(List<Entry> entries) {
        synchronized (stored) {
            stored.addAll(entries);
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        if (exchange.getRequestMethod().equals("GET")) {
            // The proofs of a whole server ask Loki too; answers are not this double's business.
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
            return;
        }
        requests.incrementAndGet();
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            String given = exchange.getRequestHeaders().getFirst("Authorization");
            authorization = given == null ? "" : given;
            String named = exchange.getRequestHeaders().getFirst("X-Scope-OrgID");
            tenant = named == null ? "" : named;
            List<Entry> entries;
            try {
                entries = decode(exchange, body);
            } catch (RuntimeException e) {
                complaints.add(e.getMessage());
                answers(400, String.valueOf(e.getMessage())).answer(this, exchange, List.of());
                return;
            }
            behaviour.answer(this, exchange, entries);
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private static List<Entry> decode(HttpExchange exchange, byte[] body) {
        require(exchange.getRequestMethod().equals("POST"), "method " + exchange.getRequestMethod());
        require(exchange.getRequestURI().toString().equals("/loki/api/v1/push"), "path " + exchange.getRequestURI());
        require(
                "application/json".equals(exchange.getRequestHeaders().getFirst("Content-Type")),
                "content type " + exchange.getRequestHeaders().getFirst("Content-Type"));
        require(body.length <= 4 * 1024 * 1024, "a push of " + body.length + " bytes");
        JsonNode push = JSON.readTree(body);
        require(
                Set.copyOf(push.propertyNames()).equals(Set.of("streams")),
                "keys of the push: " + push.propertyNames());
        List<Entry> entries = new ArrayList<>();
        for (JsonNode stream : push.get("streams")) {
            require(
                    Set.copyOf(stream.propertyNames()).equals(Set.of("stream", "values")),
                    "keys of a stream: " + stream.propertyNames());
            Map<String, String> labels = strings(stream.get("stream"));
            require(
                    labels.keySet().equals(Set.of("stack", "host", "service", "source", "level")),
                    "labels " + labels.keySet());
            require(!stream.get("values").isEmpty(), "a stream without a line");
            for (JsonNode value : stream.get("values")) {
                entries.add(entry(labels, value));
            }
        }
        return entries;
    }

    private static Entry entry(Map<String, String> labels, JsonNode value) {
        require(value.isArray() && (value.size() == 2 || value.size() == 3), "a line as " + value);
        require(value.get(0).isString() && value.get(0).stringValue().matches("[0-9]{19}"), "time " + value.get(0));
        require(value.get(1).isString(), "text " + value.get(1));
        String line = value.get(1).stringValue();
        require(line.getBytes(StandardCharsets.UTF_8).length <= 256 * 1024, "a line of " + line.length());
        return new Entry(
                labels,
                Long.parseLong(value.get(0).stringValue()),
                line,
                value.size() == 3 ? strings(value.get(2)) : Map.of());
    }

    private static Map<String, String> strings(JsonNode object) {
        require(object.isObject(), "not an object: " + object);
        Map<String, String> strings = new TreeMap<>();
        object.forEachEntry((name, value) -> {
            require(value.isString(), name + " is no string: " + value);
            strings.put(name, value.stringValue());
        });
        return strings;
    }

    private static void require(boolean holds, String complaint) {
        if (!holds) {
            throw new IllegalArgumentException(complaint);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
