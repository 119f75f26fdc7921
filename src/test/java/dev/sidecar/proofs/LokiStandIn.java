package dev.sidecar.proofs;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Takes lines and is asked for them as Loki is. It understands selectors with equality and regular expressions, one line filter, and the
 * rate of bytes; what else a panel may ask is answered with nothing if its brackets match, and with 400 if they do not. It demands
 * a beginning and an end, without which Loki would take the last hour; what it refuses it refuses in Loki's words.
 */
public final class LokiStandIn implements AutoCloseable {

    private static final Pattern LINES = Pattern.compile("\\{([^}]*)}(?: \\|= `([^`]*)`)?");
    private static final Pattern BYTES = Pattern.compile("sum\\(bytes_rate\\(\\{([^}]*)}\\[1h]\\)\\)");
    private static final Pattern LOOKBACK = Pattern.compile("(?m)^ +max_query_lookback: (\\d+)h");
    private static final Pattern MATCHER = Pattern.compile("(\\w+)(=~|=)\"([^\"]*)\"");

    /** In loki.yml: max_entries_limit_per_query. */
    private static final int MOST_ENTRIES = 5_000;

    private record Line(long nanos, Map<String, String> stream, Map<String, String> metadata, String text) {}

    private static final class Refusal extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final int status;

        Refusal(String why) {
            this(400, why);
        }

        Refusal(int status, String why) {
            super(why);
            this.status = status;
        }
    }

    private final List<Line> lines = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final String configuration;
    private final String metrics;
    private HttpServer server;
    private int port;

    /** It answers this when asked for its configuration and its metrics. */
    public LokiStandIn(String configuration, String metrics) {
        this.configuration = configuration;
        this.metrics = metrics;
        start();
    }

    /** On the port it had before, if it had one. */
    void start() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 50);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        port = server.getAddress().getPort();
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    void stop() {
        server.stop(0);
    }

    String hostAndPort() {
        return "127.0.0.1:" + port;
    }

    public String url() {
        return "http://" + hostAndPort();
    }

    public void add(long nanos, Map<String, String> stream, String text) {
        lines.add(new Line(nanos, stream, Map.of(), text));
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String answer;
            int status = 200;
            try {
                answer = answer(exchange);
            } catch (Refusal e) {
                status = e.status;
                answer = e.getMessage();
            }
            byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders()
                    .set("Content-Type", answer.startsWith("{") ? "application/json" : "text/plain; version=0.0.4");
            exchange.sendResponseHeaders(bytes.length == 0 ? 204 : status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private String answer(HttpExchange exchange) throws IOException {
        Map<String, String> asked = parameters(exchange.getRequestURI().getRawQuery());
        return switch (exchange.getRequestURI().getPath()) {
            case "/loki/api/v1/push" -> take(JsonMapper.shared().readTree(exchange.getRequestBody()));
            case "/loki/api/v1/query_range" -> range(asked);
            case "/loki/api/v1/query" -> json("vector", bytes(asked));
            case "/loki/api/v1/series" -> series(asked);
            case "/config" -> configuration;
            case "/metrics" -> metrics;
            case "/ready" -> "ready\n";
            default -> throw new Refusal(404, "404 page not found");
        };
    }

    private String take(JsonNode push) {
        for (JsonNode stream : push.get("streams")) {
            Map<String, String> labels = strings(stream.get("stream"));
            for (JsonNode value : stream.get("values")) {
                lines.add(new Line(
                        Long.parseLong(value.get(0).asString()),
                        labels,
                        value.size() == 3 ? strings(value.get(2)) : Map.of(),
                        value.get(1).asString()));
            }
        }
        return "";
    }

    private String range(Map<String, String> asked) {
        String query = required(asked, "query");
        long from = Long.parseLong(required(asked, "start"));
        long to = Long.parseLong(required(asked, "end"));
        if (to < from) {
            throw new Refusal("end timestamp must not be before or equal to start time");
        }
        int limit = Integer.parseInt(asked.getOrDefault("limit", "100"));
        if (limit > MOST_ENTRIES) {
            throw new Refusal("max entries limit per query exceeded, limit > max_entries_limit_per_query (%d > %d)"
                    .formatted(limit, MOST_ENTRIES));
        }
        Matcher known = LINES.matcher(query);
        if (!known.matches()) {
            requireBrackets(query);
            return json("streams", List.of());
        }
        long oldest = Math.max(from, oldestThatIsShown());
        Comparator<Line> order = Comparator.comparingLong(Line::nanos);
        Map<Map<String, String>, List<List<String>>> streams = new LinkedHashMap<>();
        select(known.group(1)).stream()
                .filter(line -> line.nanos() >= oldest && line.nanos() < to)
                .filter(line -> known.group(2) == null || line.text().contains(known.group(2)))
                .sorted(asked.getOrDefault("direction", "backward").equals("forward") ? order : order.reversed())
                .limit(limit)
                .forEach(line -> {
                    Map<String, String> labels = new LinkedHashMap<>(line.stream());
                    labels.putAll(line.metadata());
                    streams.computeIfAbsent(labels, none -> new ArrayList<>())
                            .add(List.of(String.valueOf(line.nanos()), line.text()));
                });
        List<Map<String, Object>> result = new ArrayList<>();
        streams.forEach((labels, values) -> result.add(Map.of("stream", labels, "values", values)));
        return json("streams", result);
    }

    /** Loki looks no further back than this, and says so in no answer. */
    private long oldestThatIsShown() {
        Matcher limit = LOOKBACK.matcher(configuration);
        long hours = limit.find() ? Long.parseLong(limit.group(1)) : 0;
        return hours == 0
                ? Long.MIN_VALUE
                : Instant.now().minus(Duration.ofHours(hours)).getEpochSecond() * 1_000_000_000L;
    }

    private List<Object> bytes(Map<String, String> asked) {
        Matcher known = BYTES.matcher(required(asked, "query"));
        if (!known.matches()) {
            throw new Refusal("parse error: " + asked.get("query"));
        }
        double rate = select(known.group(1)).stream()
                        .mapToInt(line -> line.text().length())
                        .sum()
                / 3600.0;
        return List.of(Map.of("metric", Map.of(), "value", List.of(0, String.valueOf(rate))));
    }

    private String series(Map<String, String> asked) {
        String match = required(asked, "match[]");
        return JsonMapper.shared()
                .writeValueAsString(Map.of(
                        "status",
                        "success",
                        "data",
                        select(match.substring(1, match.length() - 1)).stream()
                                .map(Line::stream)
                                .distinct()
                                .toList()));
    }

    private List<Line> select(String matchers) {
        Matcher matcher = MATCHER.matcher(matchers);
        List<Line> selected = new ArrayList<>(lines);
        while (matcher.find()) {
            String label = matcher.group(1);
            Pattern value =
                    Pattern.compile(matcher.group(2).equals("=") ? Pattern.quote(matcher.group(3)) : matcher.group(3));
            selected.removeIf(line ->
                    !value.matcher(line.stream().getOrDefault(label, "")).matches());
        }
        return selected;
    }

    private static void requireBrackets(String query) {
        String bare = query.replaceAll("\"(\\\\.|[^\"\\\\])*\"|`[^`]*`", "");
        for (String pair : List.of("{}", "()", "[]")) {
            long opened = bare.chars().filter(each -> each == pair.charAt(0)).count();
            if (opened != bare.chars().filter(each -> each == pair.charAt(1)).count() || !bare.contains("{")) {
                throw new Refusal("parse error: " + query);
            }
        }
    }

    private static String required(Map<String, String> asked, String name) {
        String value = asked.get(name);
        if (value == null || value.isBlank()) {
            throw new Refusal("parameter " + name + " is missing");
        }
        return value;
    }

    private static String json(String type, List<?> result) {
        return JsonMapper.shared()
                .writeValueAsString(Map.of("status", "success", "data", Map.of("resultType", type, "result", result)));
    }

    private static Map<String, String> parameters(String query) {
        Map<String, String> parameters = new HashMap<>();
        if (query != null) {
            for (String pair : query.split("&")) {
                String[] sides = pair.split("=", 2);
                parameters.put(decoded(sides[0]), sides.length == 1 ? "" : decoded(sides[1]));
            }
        }
        return parameters;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static Map<String, String> strings(JsonNode object) {
        Map<String, String> strings = new LinkedHashMap<>();
        object.forEachEntry((name, value) -> strings.put(name, value.asString()));
        return strings;
    }

    @Override
    public void close() {
        stop();
        threads.shutdownNow();
    }
}
