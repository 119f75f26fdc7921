package dev.sidecar.panels;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Serves every metric that the contracts of the programs name, as they are where nothing happens: gauges are 1, counters and histograms
 * are 0. A label with a closed set of values has a series for each of them.
 */
final class QuietStack implements AutoCloseable {

    static final List<String> JOBS = List.of(
            "alertmanager",
            "alloy",
            "api",
            "blackbox",
            "loki",
            "nginx",
            "node",
            "postgres",
            "prometheus",
            "redis",
            "sidecar");

    private static final List<String> APPS = List.of("sidecar", "api");
    private static final List<String> EXPORTERS = List.of("postgres", "redis", "nginx", "node", "blackbox");

    /** Gauges that are 0 in a quiet stack; a limit of 0 means that there is none. */
    private static final Map<String, Double> ZERO = Map.of("redis_memory_max_bytes", 0.0, "node_filesystem_files", 0.0);

    private final HttpServer server;
    private final Map<String, Double> gauges = new ConcurrentHashMap<>(ZERO);
    private final List<List<String>> growing = new CopyOnWriteArrayList<>();
    private final Map<String, Long> grown = new ConcurrentHashMap<>();

    QuietStack() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.createContext("/", this::answer);
        server.start();
    }

    void set(String gauge, double value) {
        gauges.put(gauge, value);
    }

    /** From now on this histogram's series with these labels counts one more at each scrape. */
    void grow(String histogram, String... labels) {
        growing.add(Stream.concat(Stream.of(histogram), Stream.of(labels)).toList());
    }

    String scrapeConfigs() {
        return JOBS.stream()
                .map(job -> """
                        - job_name: %1$s
                          metrics_path: /%1$s
                          static_configs: [{targets: ['127.0.0.1:%2$d'], labels: {stack: s, host: h, service: %1$s, role: %3$s}}]
                        """.formatted(job, server.getAddress().getPort(), role(job)))
                .collect(Collectors.joining());
    }

    private static String role(String job) {
        return APPS.contains(job) ? "app" : EXPORTERS.contains(job) ? "exporter" : "infra";
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body =
                    metrics(exchange.getRequestURI().getPath().substring(1)).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private String metrics(String job) {
        StringBuilder text = new StringBuilder();
        try {
            for (String line : Files.readAllLines(Path.of("prometheus/contracts", job + ".txt"))) {
                if (!line.isBlank() && !line.startsWith("#")) {
                    family(line.split(" ", 3), text);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private void family(String[] parts, StringBuilder text) {
        String name = parts[0];
        for (String labels : combinations(parts.length == 3 ? parts[2] : "")) {
            long count = count(name, labels);
            switch (parts[1]) {
                case "histogram" -> {
                    for (String le : List.of("0.1", "1.0", "+Inf")) {
                        series(
                                text,
                                name + "_bucket",
                                labels + (labels.isEmpty() ? "" : ",") + "le=\"" + le + "\"",
                                count);
                    }
                    series(text, name + "_sum", labels, count * 0.05);
                    series(text, name + "_count", labels, count);
                }
                case "summary" -> {
                    series(text, name + "_sum", labels, 0);
                    series(text, name + "_count", labels, 0);
                }
                case "counter" -> series(text, name, labels, count);
                default -> series(text, name, labels, gauges.getOrDefault(name, name.endsWith("_total") ? 0.0 : 1.0));
            }
        }
    }

    private long count(String name, String labels) {
        boolean grows = growing.stream()
                .anyMatch(each ->
                        each.get(0).equals(name) && each.stream().skip(1).allMatch(labels::contains));
        return grows ? grown.merge(name + labels, 1L, Long::sum) : 0;
    }

    private static void series(StringBuilder text, String name, String labels, double value) {
        text.append(name).append('{').append(labels).append("} ").append(value).append('\n');
    }

    /** Every combination of the labels' closed values; a label with any value has one. */
    private static List<String> combinations(String labels) {
        List<String> combined = List.of("");
        for (String label : labels.isEmpty() ? new String[0] : labels.split(",")) {
            String[] sides = label.split("=", 2);
            String[] values = sides.length == 2 ? sides[1].split("\\|") : new String[] {"x"};
            List<String> more = new ArrayList<>();
            for (String before : combined) {
                for (String value : values) {
                    more.add(before + (before.isEmpty() ? "" : ",") + sides[0] + "=\"" + value + "\"");
                }
            }
            combined = more;
        }
        return combined;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
