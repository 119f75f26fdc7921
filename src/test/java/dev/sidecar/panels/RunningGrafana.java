package dev.sidecar.panels;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A running Grafana, asked by its administrator: over the same ways by which a browser asks it. */
public final class RunningGrafana {

    private static final Pattern LABEL_VALUES = Pattern.compile("label_values\\((.+), (\\w+)\\)");
    private static final JsonMapper JSON = new JsonMapper();

    /** Its answer. */
    public record Answer(int status, JsonNode body) {}

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final String base;
    private final String login;

    public RunningGrafana(String base, String password) {
        this.base = base;
        this.login =
                "Basic " + Base64.getEncoder().encodeToString(("admin:" + password).getBytes(StandardCharsets.UTF_8));
    }

    /** The dashboards that it has read, as it hands them to a browser: the page under {@code dashboard}, what it knows of it under {@code meta}. */
    public List<JsonNode> dashboards() {
        return DashboardFile.list(get("/api/search?type=dash-db").body())
                .map(found -> get("/api/dashboards/uid/" + found.path("uid").asString())
                        .body())
                .toList();
    }

    /** Every query of a panel or an annotation that it does not answer, or answers with nothing where something must be. */
    public List<String> withoutData() {
        List<String> complaints = new ArrayList<>();
        Stream<DashboardFile.Query> queries = DashboardFile.all().stream()
                .flatMap(page -> Stream.concat(page.queries(), page.annotations()))
                .distinct();
        queries.forEach(query -> {
            JsonNode result = ask(query).path("results").path("A");
            if (result.has("error") || !result.has("frames")) {
                complaints.add(query + ": " + result);
            } else if (!hasData(result) && !mayBeEmpty(query)) {
                complaints.add(query.toString());
            }
        });
        return complaints;
    }

    private static boolean mayBeEmpty(DashboardFile.Query query) {
        return query.panel().equals("annotation Firing alerts") || RunningQueries.mayBeEmpty(query);
    }

    private JsonNode ask(DashboardFile.Query query) {
        Map<String, Object> asked = Map.of(
                "refId",
                "A",
                "datasource",
                Map.of("uid", query.dataSource()),
                "expr",
                query.chosen(),
                "range",
                true,
                "queryType",
                "range",
                "intervalMs",
                15_000,
                "maxDataPoints",
                100);
        return post("/api/ds/query", Map.of("queries", List.of(asked), "from", "now-15m", "to", "now"))
                .body();
    }

    private static boolean hasData(JsonNode result) {
        return DashboardFile.list(result.path("frames"))
                .flatMap(frame ->
                        DashboardFile.list(frame.path("data").path("values")).skip(1))
                .flatMap(DashboardFile::list)
                .anyMatch(value -> !value.isNull());
    }

    /** Every choice at the top of a page that offers nothing. */
    public List<String> emptyChoices() {
        List<String> empty = new ArrayList<>();
        for (JsonNode dashboard : dashboards()) {
            for (JsonNode variable : dashboard.at("/dashboard/templating/list")) {
                Matcher asked = LABEL_VALUES.matcher(variable.path("definition").asString(""));
                if (asked.matches()
                        && values(asked.group(1).replace("$stack", ".+"), asked.group(2))
                                .isEmpty()) {
                    empty.add(dashboard.at("/dashboard/title").asString() + ": " + asked.group());
                }
            }
        }
        return empty;
    }

    private JsonNode values(String selector, String label) {
        return get("/api/datasources/uid/prometheus/resources/api/v1/label/%s/values?match[]=%s"
                        .formatted(label, URLEncoder.encode(selector, StandardCharsets.UTF_8))
                        .replace("[]", "%5B%5D"))
                .body()
                .path("data");
    }

    public Answer get(String path) {
        return send(HttpRequest.newBuilder(URI.create(base + path)));
    }

    public Answer post(String path, Object body) {
        return send(HttpRequest.newBuilder(URI.create(base + path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body))));
    }

    private Answer send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> answer = http.send(
                    request.header("Authorization", login)
                            .timeout(Duration.ofMinutes(1))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            return new Answer(answer.statusCode(), JSON.readTree(answer.body()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
