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
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks a running Prometheus and Loki what the panels ask. */
public final class RunningQueries {

    /** Panels that are rightly empty on a healthy stack with light traffic, and why. */
    private static final Map<String, String> RIGHTLY_EMPTY = Map.ofEntries(
            Map.entry("overview, What fires", "nothing is wrong"),
            Map.entry("overview, Recent errors", "nothing went wrong yet"),
            Map.entry("api, Refused requests", "nobody was refused"),
            Map.entry("api, Errors at the edge and in the API", "nothing went wrong"),
            Map.entry("postgres, Slow statements and errors", "no statement was slow"),
            Map.entry("host, Least room in 24 hours", "there is no hour yet to judge by"),
            Map.entry("host, Free space and where it goes", "there is no hour yet to judge by"),
            Map.entry("host, The host's journal", "a machine without systemd has none"),
            Map.entry("host, Waiting for what is short", "the kernel has no pressure figures"),
            Map.entry("logs, Errors", "nothing went wrong"),
            Map.entry("logs, Errors by service", "nothing went wrong"),
            Map.entry("logs, Lost", "nothing is lost: the counters are born with the first lost line"),
            Map.entry("alerts, Course", "nothing has fired yet"),
            Map.entry("alerts, Since the last delivery", "nothing had to be delivered"),
            Map.entry("alerts, Time to deliver", "nothing had to be delivered"),
            Map.entry("sidecar, Warnings and errors of the sidecar", "it has none"),
            Map.entry("sidecar, Last success", "no job was due yet"),
            Map.entry("stack, Warnings of the watchers", "they have none"),
            Map.entry("stack, Last deletion run", "Loki looks for old lines every ten minutes"));

    private static final JsonMapper JSON = new JsonMapper();

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final String prometheus;
    private final String login;
    private final String loki;

    public RunningQueries(String prometheus, String login, String loki) {
        this.prometheus = prometheus;
        this.login = login;
        this.loki = loki;
    }

    /** Every query that should have an answer and has none, as a sentence. */
    public List<String> withoutData() {
        return DashboardFile.all().stream()
                .flatMap(DashboardFile::queries)
                .filter(query -> !mayBeEmpty(query))
                .filter(query -> !hasData(query))
                .map(DashboardFile.Query::toString)
                .toList();
    }

    static boolean mayBeEmpty(DashboardFile.Query query) {
        return RIGHTLY_EMPTY.containsKey(query.dashboard() + ", " + query.panel());
    }

    private boolean hasData(DashboardFile.Query query) {
        for (JsonNode series : result(query.dataSource(), query.filled())) {
            for (JsonNode sample : series.path("values")) {
                if (!sample.path(1).asString().equals("NaN")) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The texts of the lines that a LogQL query finds in the last quarter of an hour, with the service that wrote them before a blank. */
    public List<String> lines(String logQl) {
        return DashboardFile.list(result("loki", logQl))
                .flatMap(stream -> DashboardFile.list(stream.path("values"))
                        .map(value -> stream.path("stream").path("service").asString() + " "
                                + value.path(1).asString()))
                .toList();
    }

    private JsonNode result(String dataSource, String expression) {
        long now = System.currentTimeMillis() / 1000;
        String address =
                dataSource.equals("loki") ? loki + "/loki/api/v1/query_range" : prometheus + "/api/v1/query_range";
        String question = "?step=15&limit=1000&start=%d&end=%d&query=%s"
                .formatted(now - 900, now, URLEncoder.encode(expression, StandardCharsets.UTF_8));
        try {
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(URI.create(address + question))
                            .header("Authorization", login)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException(expression + ": " + answer.body());
            }
            return JSON.readTree(answer.body()).path("data").path("result");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
