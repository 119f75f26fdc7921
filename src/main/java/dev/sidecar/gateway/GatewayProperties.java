package dev.sidecar.gateway;

import dev.sidecar.requests.Asker;
import dev.sidecar.requests.Call;
import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import dev.sidecar.traces.SpanDestination;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Settings of the gateway.
 *
 * @param upstream where the API is, such as {@code http://api:8081}; the gateway is off without it
 * @param url where the gateway is when it is a process of its own, such as {@code http://gateway:8000}; this process then starts none
 * @param service name of the API; label {@code upstream} of the gateway's metrics, label {@code service} of its alerts
 * @param address the address to listen on
 * @param port the port to listen on; 0 takes any free one
 * @param trustedProxies networks (CIDR) or host names of the proxies in front, such as nginx, whose X-Forwarded-* and Forwarded are
 *     believed; a client whose own address is among them could claim to be anybody
 * @param probePaths paths, with all below them, that health checks ask for; their requests count as {@code client="probe"}
 */
@ConfigurationProperties("sidecar.gateway")
record GatewayProperties(
        @Nullable String upstream,
        @Nullable String url,
        @DefaultValue("api") String service,
        @DefaultValue("0.0.0.0") String address,
        @DefaultValue("8000") int port,

        @DefaultValue({"127.0.0.0/8", "::1/128"}) List<String> trustedProxies,

        @DefaultValue({"/actuator/health", "/health", "/healthz", "/livez", "/readyz"})
        List<String> probePaths,

        @DefaultValue Limits limits,
        @DefaultValue Timeouts timeouts,
        @DefaultValue Tracing tracing) {

    private static final String DRILL = "[DRILL]";
    private static final List<String> PROBING = List.of("Blackbox Exporter/", "kube-probe/", "ELB-HealthChecker/");

    GatewayProperties {
        requireOrigin("upstream", upstream, "API");
        requireOrigin("url", url, "gateway");
        InvalidSetting.unlessLabel("sidecar.gateway.service", service);
        InvalidSetting.unless(
                port >= 0 && port <= 65535, "sidecar.gateway.port", port, "be a port, 1 to 65535 (0 = any free port)");
        for (String path : probePaths) {
            InvalidSetting.unless(
                    path.startsWith("/") && path.length() > 1 && !path.endsWith("/"),
                    "sidecar.gateway.probe-paths",
                    path,
                    "be a list of paths such as /health,/ready");
        }
        requirePeers("trusted-proxies", trustedProxies);
    }

    /** Host and port of the upstream. */
    URI origin() {
        if (upstream == null || upstream.isBlank()) {
            throw new InvalidSetting("sidecar.gateway.upstream", upstream, "be set: the address of your API");
        }
        return URI.create(upstream);
    }

    /**
     * Tells probes and our own drills from users. Who claims to be one of them only takes himself out of what users are promised: what is
     * refused counts as a user's all the same.
     */
    Asker asker(Call call) {
        String agent = call.userAgent();
        if (agent != null && agent.contains(DRILL)) {
            return Asker.DRILL;
        }
        if (agent != null && PROBING.stream().anyMatch(agent::startsWith)) {
            return Asker.PROBE;
        }
        for (String path : probePaths) {
            if (call.path().startsWith(path)
                    && (call.path().length() == path.length() || call.path().charAt(path.length()) == '/')) {
                return Asker.PROBE;
            }
        }
        return Asker.USER;
    }

    private static void requirePeers(String name, List<String> peers) {
        for (String peer : peers) {
            InvalidSetting.unless(
                    TrustedProxies.isProxy(peer),
                    "sidecar.gateway." + name,
                    peer,
                    "be a list of networks and host names such as 10.1.2.0/24,fd00::/64,nginx");
        }
    }

    private static void requireOrigin(String name, @Nullable String address, String whose) {
        if (address != null && !address.isBlank()) {
            InvalidSetting.unless(
                    isOrigin(address),
                    "sidecar.gateway." + name,
                    address,
                    "be the " + whose + "'s address as http://host:port, without path and user");
        }
    }

    private static boolean isOrigin(String upstream) {
        try {
            URI uri = new URI(upstream);
            return "http".equalsIgnoreCase(uri.getScheme())
                    && uri.getHost() != null
                    && uri.getUserInfo() == null
                    && uri.getPort() != 0
                    && uri.getPort() <= 65535
                    && (uri.getRawPath().isEmpty() || uri.getRawPath().equals("/"))
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    /**
     * Limits one client's share.
     *
     * @param connections greatest number of clients connected at once; each needs at most one connection to the upstream
     * @param connectionsPerClient greatest number of connections from one address that is no trusted proxy's
     * @param requestsPerClient greatest number of unfinished requests of one client's address, as far as trusted proxies tell it
     * @param leastRate bytes a second that a client must send of a body, or take of an answer, while everything waits for it; 0 for any
     * @param headerSize largest head of a request
     * @param bodySize largest body of a request; it is streamed, so this protects the API and not the gateway
     */
    record Limits(
            @DefaultValue("1024") int connections,
            @DefaultValue("256") int connectionsPerClient,
            @DefaultValue("256") int requestsPerClient,
            @DefaultValue("256B") DataSize leastRate,
            @DefaultValue("32KB") DataSize headerSize,
            @DefaultValue("4GB") DataSize bodySize) {

        Limits {
            requireCount("connections", connections);
            requireCount("connections-per-client", connectionsPerClient);
            requireCount("requests-per-client", requestsPerClient);
            InvalidSetting.unless(
                    !leastRate.isNegative() && leastRate.toBytes() <= 1024 * 1024,
                    "sidecar.gateway.limits.least-rate",
                    leastRate,
                    "be between 0B and 1MB (a second)");
            InvalidSetting.unless(
                    headerSize.toBytes() >= 1024 && headerSize.toBytes() <= 1024 * 1024,
                    "sidecar.gateway.limits.header-size",
                    headerSize,
                    "be between 1KB and 1MB");
            InvalidSetting.unless(
                    !bodySize.isNegative(), "sidecar.gateway.limits.body-size", bodySize, "be a size such as 100MB");
        }

        private static void requireCount(String name, int value) {
            InvalidSetting.unless(
                    value >= 1 && value <= 100_000, "sidecar.gateway.limits." + name, value, "be between 1 and 100000");
        }
    }

    /**
     * Settings of traces (W3C Trace Context).
     *
     * @param sampling share of the traces begun here that are marked as sampled, 0 to 1; one that a trusted proxy began keeps its mark
     * @param trustedPeers networks (CIDR) or host names whose {@code traceparent} is continued although they are no trusted proxies
     * @param endpoint where the spans of sampled requests go: the base of an OTLP receiver's address, such as {@code http://traces:4318};
     *     none are made without it
     * @param token token for that receiver, sent as {@code Authorization: Bearer}, or as it is if it begins with a scheme of its own
     * @param queue greatest number of spans that wait to be sent; more are dropped and counted
     * @param timeout longest time for one delivery of spans
     */
    record Tracing(
            @DefaultValue("0.1") double sampling,
            @DefaultValue List<String> trustedPeers,
            @Nullable String endpoint,
            @Nullable Secret token,
            @DefaultValue("2048") int queue,
            @DefaultValue("10s") Duration timeout) {

        Tracing {
            InvalidSetting.unless(
                    sampling >= 0 && sampling <= 1,
                    "sidecar.gateway.tracing.sampling",
                    sampling,
                    "be a share between 0 and 1, such as 0.1");
            requirePeers("tracing.trusted-peers", trustedPeers);
            InvalidSetting.unless(
                    endpoint == null || endpoint.isBlank() || SpanDestination.isEndpoint(endpoint.strip()),
                    "sidecar.gateway.tracing.endpoint",
                    endpoint,
                    "be the base of an OTLP receiver's address, such as http://traces:4318, without /v1/traces, user and query");
            InvalidSetting.unless(
                    token == null || SpanDestination.isToken(token),
                    "sidecar.gateway.tracing.token",
                    token,
                    "be one line of visible characters");
            InvalidSetting.unless(
                    queue >= 1 && queue <= 65_536,
                    "sidecar.gateway.tracing.queue",
                    queue,
                    "be a number of spans between 1 and 65536");
            InvalidSetting.unless(
                    timeout.compareTo(Duration.ofMillis(100)) >= 0 && timeout.compareTo(Duration.ofMinutes(1)) <= 0,
                    "sidecar.gateway.tracing.timeout",
                    timeout,
                    "be a time between 100ms and 1m, such as 10s");
        }

        /** Where spans go; null if nobody keeps them. */
        @Nullable
        SpanDestination destination() {
            return endpoint == null || endpoint.isBlank()
                    ? null
                    : new SpanDestination(URI.create(endpoint.strip()), token, queue, timeout);
        }
    }

    /**
     * Limits the gateway's waiting.
     *
     * @param connect for a connection to the upstream
     * @param response for the answer to begin, once the request is sent
     * @param idle for the next bytes within a request, an answer, an event stream or a WebSocket
     * @param head for the whole head of a request, once its first byte is there
     * @param keepAlive for the next request on a connection of a client
     * @param slow for the least rate to be reached: so long may a client send or take less
     * @param restart for an API that refuses connections to come back, within a request
     * @param drain for requests to end when the sidecar stops
     */
    record Timeouts(
            @DefaultValue("5s") Duration connect,
            @DefaultValue("60s") Duration response,
            @DefaultValue("5m") Duration idle,
            @DefaultValue("15s") Duration head,
            @DefaultValue("75s") Duration keepAlive,
            @DefaultValue("30s") Duration slow,
            @DefaultValue("700ms") Duration restart,
            @DefaultValue("20s") Duration drain) {

        Timeouts {
            require("connect", connect);
            require("response", response);
            require("idle", idle);
            require("head", head);
            require("keep-alive", keepAlive);
            require("slow", slow);
            InvalidSetting.unless(
                    !restart.isNegative() && restart.compareTo(Duration.ofMinutes(1)) <= 0,
                    "sidecar.gateway.timeouts.restart",
                    restart,
                    "be a time between 0s (off) and 1m, such as 700ms");
            require("drain", drain);
        }

        private static void require(String name, Duration value) {
            InvalidSetting.unless(
                    value.compareTo(Duration.ofMillis(10)) >= 0 && value.compareTo(Duration.ofDays(1)) <= 0,
                    "sidecar.gateway.timeouts." + name,
                    value,
                    "be a time between 10ms and 1d, such as 30s");
        }
    }
}
