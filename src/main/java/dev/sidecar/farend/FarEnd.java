package dev.sidecar.farend;

import dev.sidecar.peers.Peer;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.settings.Identity;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Asks the store elsewhere for the value that this sidecar exported, over the query API that Prometheus, VictoriaMetrics, Mimir, Thanos and
 * Grafana Cloud share. It belongs to somebody else: its answers are small or refused, and no message quotes them.
 */
public final class FarEnd {

    /** The metric that holds the value. */
    public static final String METRIC = "sidecar_far_end_written";

    /** Values that are looked at: one for each sidecar of the same name, and some that are not ours. */
    private static final int MOST_VALUES = 20;

    private static final int RANDOM_BITS = 20;

    private final Peer peer;
    private final @Nullable URI writeUrl;
    private final Identity identity;
    private final SecureRandom random = new SecureRandom();
    private volatile double written;

    FarEnd(Peer peer, @Nullable URI writeUrl, Identity identity) {
        this.peer = peer;
        this.writeUrl = writeUrl;
        this.identity = identity;
    }

    /** The store can be asked. */
    public boolean isConfigured() {
        return peer.isConfigured();
    }

    /** Where it is asked, for evidence. */
    public Optional<URI> address() {
        return peer.address();
    }

    /** Where Prometheus writes to; empty if nobody said. */
    public Optional<URI> writeAddress() {
        return Optional.ofNullable(writeUrl);
    }

    /** Selects the value in a Prometheus, here and there. */
    public String selector() {
        return METRIC + "{stack=\"" + identity.stack() + "\",host=\"" + identity.host() + "\"}";
    }

    /** Exports another value from now on, which nobody can guess. @return the value */
    public double write(Instant now) {
        written = (now.getEpochSecond() << RANDOM_BITS) + random.nextInt(1 << RANDOM_BITS);
        return written;
    }

    /** The value that is exported; 0 before the first. */
    double written() {
        return written;
    }

    /** When a value was written; empty if it is none of ours. */
    public static Optional<Instant> timeOf(double value) {
        boolean ours = value >= 1 << RANDOM_BITS && value == Math.rint(value) && value < 1L << 52;
        return ours ? Optional.of(Instant.ofEpochSecond((long) value >> RANDOM_BITS)) : Optional.empty();
    }

    /**
     * The values that the store has now, of this stack and host.
     *
     * @throws PeerUnavailable if it does not answer as it must
     */
    public Set<Double> stored() {
        Set<Double> values = new TreeSet<>();
        for (JsonNode element : query(selector())) {
            if (values.size() < MOST_VALUES) {
                values.add(number(element.path("value").path(1)));
            }
        }
        return values;
    }

    /** Asks for nothing but an answer. @return what it said, in a few words */
    public String answer() {
        query(selector());
        return "answers queries";
    }

    private JsonNode query(String promql) {
        JsonNode answer = peer.get("/api/v1/query", Map.of("query", promql));
        JsonNode result = answer.path("data").path("result");
        if (!answer.path("status").asString("").equals("success") || !result.isArray()) {
            throw unusable();
        }
        return result;
    }

    private double number(JsonNode value) {
        String text = value.asString("");
        try {
            return Double.parseDouble(text.matches("[+-]Inf") ? text + "inity" : text);
        } catch (NumberFormatException e) {
            throw unusable();
        }
    }

    private PeerUnavailable unusable() {
        return new PeerUnavailable("%s at %s does not answer as Prometheus does"
                .formatted(peer.name(), peer.address().map(URI::toString).orElse("")));
    }
}
