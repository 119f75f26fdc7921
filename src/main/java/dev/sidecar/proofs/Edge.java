package dev.sidecar.proofs;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Sends requests marked as drills to the API through the edge, as clients do. */
public final class Edge {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final @Nullable URI address;
    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(LIMIT)
            .version(HttpClient.Version.HTTP_1_1)
            .build();

    Edge(@Nullable URI address) {
        this.address = address;
    }

    /** The path that drills request. */
    public String path() {
        return address == null ? "/" : address.getRawPath();
    }

    /**
     * One request of a drill.
     *
     * @param id its id
     * @param status of the answer
     */
    public record Asked(String id, int status) {}

    /** Makes one request. */
    public Asked request() throws InterruptedException {
        if (address == null) {
            throw new NotConfigured(
                    "No test request is possible: set sidecar.proofs.edge-url to a URL of your API as clients reach it.");
        }
        String id = UuidCreator.getTimeOrderedEpoch().toString();
        HttpRequest request = HttpRequest.newBuilder(address)
                .timeout(LIMIT)
                .header("X-Request-ID", id)
                .header("User-Agent", "sidecar [DRILL]")
                .build();
        try {
            return new Asked(id, client.send(request, BodyHandlers.discarding()).statusCode());
        } catch (IOException e) {
            throw new PeerUnavailable("The edge at %s did not answer: %s".formatted(address, e));
        }
    }
}
