package dev.sidecar.alerts;

import dev.sidecar.access.AdminCredentials;
import dev.sidecar.commands.CommandFailure;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The running server, asked by a command. */
final class SidecarServer {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final String address;
    private final RestClient client;

    SidecarServer(String address, AdminCredentials credentials) {
        this.address = address;
        JdkClientHttpRequestFactory requests = new JdkClientHttpRequestFactory(
                HttpClient.newBuilder().connectTimeout(LIMIT).build());
        requests.setReadTimeout(LIMIT);
        this.client = RestClient.builder()
                .requestFactory(requests)
                .baseUrl(address)
                .defaultHeaders(headers -> headers.setBasicAuth(
                        credentials.user(), credentials.password().reveal()))
                .defaultStatusHandler(status -> true, (request, response) -> {
                    // Judged below, with what the server says.
                })
                .build();
    }

    /** A drill as the server tells it; durations in seconds. */
    record Drill(@Nullable String finished, @Nullable String problem, List<DrilledChannel> channels) {}

    /** One channel of it. */
    record DrilledChannel(String name, boolean delivered, double seconds, String reason) {

        String line() {
            return delivered
                    ? "  %-45s delivered after %.1f s".formatted(name, seconds)
                    : "  %-45s NOT delivered: %s".formatted(name, reason);
        }
    }

    List<String> routes() {
        return Arrays.asList(JsonMapper.shared().treeToValue(get("/api/alerts/routes"), String[].class));
    }

    /** Waits while the server wants a pause between drills. */
    String startDrill(String route) throws InterruptedException {
        while (true) {
            ResponseEntity<JsonNode> answer = call(() -> client.post()
                    .uri("/api/alerts/drills")
                    .contentType(MediaType.APPLICATION_JSON)
                    .body(Map.of("route", route))
                    .retrieve()
                    .toEntity(JsonNode.class));
            if (answer.getStatusCode().value() != 429) {
                return require(answer).path("id").stringValue("");
            }
            String after = answer.getHeaders().getFirst(HttpHeaders.RETRY_AFTER);
            Thread.sleep(Duration.ofSeconds(after == null ? 10 : Long.parseLong(after))
                    .toMillis());
        }
    }

    Drill drill(String id) {
        JsonNode drill = get("/api/alerts/drills/" + id);
        List<DrilledChannel> channels = new java.util.ArrayList<>();
        for (JsonNode result : drill.path("channels")) {
            JsonNode channel = result.path("channel");
            channels.add(new DrilledChannel(
                    new Channel(
                                    channel.path("receiver").stringValue(""),
                                    channel.path("integration").stringValue(""),
                                    channel.path("index").asInt(0))
                            .toString(),
                    result.path("delivered").asBoolean(),
                    seconds(result.path("took")),
                    result.path("reason").stringValue("")));
        }
        return new Drill(text(drill.path("finished")), text(drill.path("problem")), channels);
    }

    private static double seconds(JsonNode took) {
        return took.isNumber()
                ? took.doubleValue()
                : took.isString() ? Duration.parse(took.stringValue()).toMillis() / 1000.0 : 0;
    }

    private static @Nullable String text(JsonNode node) {
        return node.isString() || node.isNumber() ? node.asString() : null;
    }

    private JsonNode get(String path) {
        return require(call(() -> client.get().uri(path).retrieve().toEntity(JsonNode.class)));
    }

    private JsonNode require(ResponseEntity<JsonNode> answer) {
        JsonNode body = answer.getBody();
        if (answer.getStatusCode().is2xxSuccessful() && body != null) {
            return body;
        }
        String said = body == null ? "" : body.path("detail").stringValue("");
        throw new CommandFailure("The server at %s answered %d: %s"
                .formatted(address, answer.getStatusCode().value(), said));
    }

    private <T> T call(java.util.function.Supplier<T> request) {
        try {
            return request.get();
        } catch (RestClientException e) {
            throw new CommandFailure("The server at %s cannot be asked (%s). Is it running? --server says where it is."
                    .formatted(address, e.getMostSpecificCause().getMessage()));
        }
    }
}
