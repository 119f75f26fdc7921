package dev.sidecar.alerts;

import dev.sidecar.access.AdminCredentials;
import dev.sidecar.peers.Peer;
import dev.sidecar.peers.PeerUnavailable;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Asks the running sidecar on behalf of a command. Every method throws {@link PeerUnavailable} if it gives no answer. */
final class SidecarServer {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final Peer sidecar;

    SidecarServer(URI address, AdminCredentials credentials) {
        this.sidecar = new Peer(
                "The sidecar",
                "--server",
                address,
                LIMIT,
                headers -> headers.setBasicAuth(
                        credentials.user(), credentials.password().reveal()));
    }

    /** One drill of a route, as the sidecar reports it; finished and problem are null until they are known. */
    record RouteDrill(@Nullable String finished, @Nullable String problem, List<DrilledChannel> channels) {}

    /** One channel's part in a drill; the duration is in seconds. */
    record DrilledChannel(String name, boolean delivered, double seconds, String reason) {

        String line() {
            return delivered
                    ? "  %-45s delivered after %.1f s".formatted(name, seconds)
                    : "  %-45s NOT delivered: %s".formatted(name, reason);
        }
    }

    /** Lists the routes that a drill can take. */
    List<String> routes() {
        List<String> routes = new ArrayList<>();
        sidecar.get("/api/alerts/routes").forEach(route -> routes.add(route.stringValue("")));
        return routes;
    }

    /** Starts a drill. @return its id; empty if the sidecar wants a pause before */
    Optional<String> startDrill(String route) {
        try {
            return Optional.of(sidecar.exchangeJson("/api/alerts/drills", Map.of("route", route))
                    .path("id")
                    .stringValue(""));
        } catch (PeerUnavailable e) {
            if (e.isTooSoon()) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Reads how a drill stands. */
    RouteDrill drill(String id) {
        JsonNode drill = sidecar.get("/api/alerts/drills/" + id);
        List<DrilledChannel> channels = new ArrayList<>();
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
        return new RouteDrill(text(drill.path("finished")), text(drill.path("problem")), channels);
    }

    private static double seconds(JsonNode took) {
        return took.isNumber()
                ? took.doubleValue()
                : took.isString() ? Duration.parse(took.stringValue()).toMillis() / 1000.0 : 0;
    }

    private static @Nullable String text(JsonNode node) {
        return node.isString() || node.isNumber() ? node.asString() : null;
    }
}
