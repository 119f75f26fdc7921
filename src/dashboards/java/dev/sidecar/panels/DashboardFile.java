package dev.sidecar.panels;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A dashboard as Grafana reads it: the file, not the source that it was written from. */
record DashboardFile(String name, String text, JsonNode json) {

    private static final JsonMapper JSON = new JsonMapper();

    /** Stands for the values that Grafana inserts, with a range of a quarter of an hour. */
    private static final Map<String, String> BUILT_IN =
            Map.of("$__rate_interval", "1m", "$__range", "15m", "$__auto", "1m");

    /** The values of the page's variables when nothing is chosen. */
    private static final Map<String, String> CHOSEN = Map.of(
            "$stack", ".+",
            "$host", ".+",
            "$service", ".+",
            "$slower_than", "0",
            "$request_id", "");

    /** A question of a panel, with its data source. */
    record Query(String dashboard, String panel, String dataSource, String raw) {

        /** With something in place of every variable. */
        String filled() {
            return filledWith(BUILT_IN, chosen());
        }

        /** With what a person chooses put in, and the rest left to Grafana. */
        String chosen() {
            return filledWith(CHOSEN, raw);
        }

        private static String filledWith(Map<String, String> values, String expression) {
            String filled = expression;
            for (Map.Entry<String, String> variable : values.entrySet()) {
                filled = filled.replace(variable.getKey(), variable.getValue());
            }
            return filled;
        }

        @Override
        public String toString() {
            return dashboard + ", " + panel + ": " + raw;
        }
    }

    static List<DashboardFile> all() {
        try (Stream<Path> files = Files.list(Dashboards.DIRECTORY)) {
            return files.sorted().map(DashboardFile::read).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static DashboardFile read(Path file) {
        try {
            String text = Files.readString(file);
            return new DashboardFile(file.getFileName().toString(), text, JSON.readTree(text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Stream<Query> queries(String dataSource) {
        return all().stream().flatMap(DashboardFile::queries).filter(query -> query.dataSource.equals(dataSource));
    }

    List<JsonNode> panels() {
        return list(json.path("panels"))
                .filter(panel -> !panel.path("type").asString().equals("row"))
                .toList();
    }

    Stream<Query> queries() {
        return panels().stream()
                .flatMap(panel -> list(panel.path("targets"))
                        .map(target -> new Query(
                                json.path("uid").asString(),
                                panel.path("title").asString(),
                                target.path("datasource").path("uid").asString(),
                                target.path("expr").asString())));
    }

    /** The annotations: events drawn into the panels as vertical lines. */
    Stream<Query> annotations() {
        return list(json.path("annotations").path("list"))
                .map(annotation -> new Query(
                        json.path("uid").asString(),
                        "annotation " + annotation.path("name").asString(),
                        annotation.path("datasource").path("uid").asString(),
                        annotation.path("expr").asString()));
    }

    static Stream<JsonNode> list(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }

    @Override
    public String toString() {
        return name;
    }
}
