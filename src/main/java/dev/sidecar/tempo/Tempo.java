package dev.sidecar.tempo;

import dev.sidecar.peers.Peer;
import dev.sidecar.text.HostileText;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * Asks Tempo for traces. Every method throws {@link dev.sidecar.peers.NotConfigured} or {@link dev.sidecar.peers.PeerUnavailable} if
 * Tempo cannot be asked.
 *
 * @see <a href="https://grafana.com/docs/tempo/latest/api_docs/">HTTP API</a>
 */
public final class Tempo {

    /** Whoever can send spans chooses the name of its service. */
    private static final int LONGEST_NAME = 100;

    private final Peer peer;

    Tempo(Peer peer) {
        this.peer = peer;
    }

    /** Finds all spans of a trace; none if Tempo does not have it (yet). @param traceId 32 hexadecimal digits */
    public List<StoredSpan> trace(String traceId) {
        List<StoredSpan> spans = new ArrayList<>();
        for (JsonNode resource :
                peer.get("/api/v2/traces/" + traceId).path("trace").path("resourceSpans")) {
            String service = service(resource.path("resource").path("attributes"));
            for (JsonNode scope : resource.path("scopeSpans")) {
                for (JsonNode span : scope.path("spans")) {
                    spans.add(new StoredSpan(service, hex(span.path("spanId")), hex(span.path("parentSpanId"))));
                }
            }
        }
        return spans;
    }

    private static String service(JsonNode attributes) {
        for (JsonNode attribute : attributes) {
            if (attribute.path("key").asString("").equals("service.name")) {
                String name = attribute.path("value").path("stringValue").asString("");
                return HostileText.line(name.length() > LONGEST_NAME ? name.substring(0, LONGEST_NAME) : name);
            }
        }
        return "";
    }

    /** Tempo writes ids as protobuf's JSON has bytes. */
    private static String hex(JsonNode id) {
        try {
            return HexFormat.of().formatHex(Base64.getDecoder().decode(id.asString("")));
        } catch (IllegalArgumentException e) {
            return "";
        }
    }
}
