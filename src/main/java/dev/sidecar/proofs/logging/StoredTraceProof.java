package dev.sidecar.proofs.logging;

import dev.sidecar.gateway.GatewayAddresses;
import dev.sidecar.loki.LogLine;
import dev.sidecar.loki.Loki;
import dev.sidecar.loki.Window;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Edge;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Patience;
import dev.sidecar.proofs.Proof;
import dev.sidecar.requests.TraceContext;
import dev.sidecar.tempo.StoredSpan;
import dev.sidecar.tempo.Tempo;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;

/** Exists only where traces are kept. */
@ConditionalOnProperty("sidecar.traces.tempo-url")
final class StoredTraceProof implements Proof {

    private static final String GATEWAY = "gateway";
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration AROUND = Duration.ofMinutes(5);
    private static final int MOST_LINES = 200;
    private static final int MOST_NAMED = 10;

    private final Tempo tempo;
    private final Loki loki;
    private final GatewayAddresses gateway;
    private final Edge edge;
    private final Clock clock;
    private final Set<String> traced;
    private final Duration patience;
    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(LIMIT)
            .version(HttpClient.Version.HTTP_1_1)
            .build();

    @Autowired
    StoredTraceProof(
            Tempo tempo,
            Loki loki,
            GatewayAddresses gateway,
            Edge edge,
            Clock clock,
            LoggingProofsProperties properties) {
        this(tempo, loki, gateway, edge, clock, properties, PATIENCE);
    }

    StoredTraceProof(
            Tempo tempo,
            Loki loki,
            GatewayAddresses gateway,
            Edge edge,
            Clock clock,
            LoggingProofsProperties properties,
            Duration patience) {
        this.tempo = tempo;
        this.loki = loki;
        this.gateway = gateway;
        this.edge = edge;
        this.clock = clock;
        this.traced = new TreeSet<>(properties.traced());
        this.patience = patience;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "TRC-1",
                Area.LOGGING,
                "The trace of a request is stored, with the spans of the gateway and of your API below it, and its ID is in their log lines.",
                Duration.ofMinutes(5));
    }

    @Override
    public Finding prove() throws InterruptedException {
        if (gateway.upstream() == null) {
            throw new NotConfigured("The gateway is off: set sidecar.gateway.upstream to the address of your API.");
        }
        if (loki.address().isEmpty()) {
            throw new NotConfigured("Loki is not configured: set LOKI_URL.");
        }
        // A trace of the drill's own: it knows the ID before the request, and asks for the spans to be kept.
        TraceContext planted = TraceContext.begin(1);
        request(planted);
        Patience waiting = new Patience(patience);
        List<StoredSpan> spans = waiting.until(
                () -> tempo.trace(planted.traceId()),
                found -> missing(found).isEmpty() && apart(planted, found).isEmpty());
        if (spans.isEmpty()) {
            return Finding.broken(
                    "Trace %s of a sampled request was not found in Tempo after %s: see that the gateway sends spans"
                            + " (sidecar.gateway.tracing.endpoint) and continues the sidecar's trace (…trusted-peers).",
                    planted.traceId(), waiting.seconds());
        }
        if (!missing(spans).isEmpty()) {
            return Finding.broken(
                    "Trace %s has no span of %s after %s; found: %s.",
                    planted.traceId(), Finding.list(missing(spans)), waiting.seconds(), named(spans));
        }
        if (!apart(planted, spans).isEmpty()) {
            return Finding.broken(
                    "Trace %s falls apart: the spans of %s are not below those of the program that called it.",
                    planted.traceId(), Finding.list(apart(planted, spans)));
        }
        return lines(planted, spans, waiting);
    }

    private Finding lines(TraceContext planted, List<StoredSpan> spans, Patience waiting) throws InterruptedException {
        String query = loki.streams() + " |= `" + planted.traceId() + "`";
        Set<String> written = waiting.until(
                () -> loki.lines(query, Window.around(clock.instant(), AROUND), MOST_LINES).stream()
                        .map(LogLine::service)
                        .collect(Collectors.toCollection(TreeSet::new)),
                services -> services.containsAll(traced));
        Set<String> silent = new TreeSet<>(traced);
        silent.removeAll(written);
        return silent.isEmpty()
                ? Finding.held(
                        "Trace %s was found with %d spans of %s and the log lines of %s after %s.",
                        planted.traceId(), spans.size(), named(spans), Finding.list(written), waiting.seconds())
                : Finding.broken(
                        "Trace %s is stored, but no log line of %s names it.", planted.traceId(), Finding.list(silent));
    }

    private void request(TraceContext planted) throws InterruptedException {
        URI address = URI.create(gateway.own() + edge.path());
        HttpRequest request = HttpRequest.newBuilder(address)
                .timeout(LIMIT)
                .header(TraceContext.HEADER, planted.toHeader())
                .header("User-Agent", "sidecar [DRILL]")
                .build();
        try {
            client.send(request, BodyHandlers.discarding());
        } catch (IOException e) {
            throw new PeerUnavailable("The gateway at %s did not answer: %s".formatted(address, e));
        }
    }

    private Set<String> missing(List<StoredSpan> spans) {
        Set<String> missing = new TreeSet<>(traced);
        missing.removeAll(services(spans));
        return missing;
    }

    /** The gateway's span is below the drill's, and one of each other program below a span of another program. */
    private Set<String> apart(TraceContext planted, List<StoredSpan> spans) {
        return traced.stream()
                .filter(service -> spans.stream()
                        .filter(span -> span.service().equals(service))
                        .noneMatch(span -> service.equals(GATEWAY)
                                ? span.parentId().equals(planted.spanId())
                                : isBelowAnother(span, spans)))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean isBelowAnother(StoredSpan span, List<StoredSpan> spans) {
        return spans.stream()
                .anyMatch(above ->
                        above.id().equals(span.parentId()) && !above.service().equals(span.service()));
    }

    private static Set<String> services(List<StoredSpan> spans) {
        return spans.stream().map(StoredSpan::service).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Others may add spans of as many services as they like to a trace. */
    private static String named(List<StoredSpan> spans) {
        Set<String> services = services(spans);
        String first = Finding.list(services.stream().limit(MOST_NAMED).toList());
        return services.size() <= MOST_NAMED ? first : "%s and %d more".formatted(first, services.size() - MOST_NAMED);
    }
}
