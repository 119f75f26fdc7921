package dev.sidecar.gateway;

import dev.sidecar.settings.InvalidSetting;
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
 * @param service name of the API; label {@code upstream} of the gateway's metrics, label {@code service} of its alerts
 * @param address the address to listen on
 * @param port the port to listen on; 0 takes any free one
 * @param trustedProxies networks (CIDR) or host names of the proxies in front, such as nginx, whose X-Forwarded-* and Forwarded are
 *     believed; a client whose own address is among them could claim to be anybody
 */
@ConfigurationProperties("sidecar.gateway")
record GatewayProperties(
        @Nullable String upstream,
        @DefaultValue("api") String service,
        @DefaultValue("0.0.0.0") String address,
        @DefaultValue("8000") int port,

        @DefaultValue({"127.0.0.0/8", "::1/128"}) List<String> trustedProxies,

        @DefaultValue Limits limits,
        @DefaultValue Timeouts timeouts) {

    GatewayProperties {
        if (upstream != null && !upstream.isBlank()) {
            InvalidSetting.unless(
                    isOrigin(upstream),
                    "sidecar.gateway.upstream",
                    upstream,
                    "be the API's address as http://host:port, without path and user");
        }
        InvalidSetting.unlessLabel("sidecar.gateway.service", service);
        InvalidSetting.unless(
                port >= 0 && port <= 65535, "sidecar.gateway.port", port, "be a port, 1 to 65535 (0 = any free port)");
        for (String network : trustedProxies) {
            InvalidSetting.unless(
                    TrustedProxies.isProxy(network),
                    "sidecar.gateway.trusted-proxies",
                    network,
                    "be a list of networks and host names such as 10.1.2.0/24,fd00::/64,nginx");
        }
    }

    /** Host and port of the upstream; call it only if there is one. */
    URI origin() {
        return URI.create(String.valueOf(upstream));
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
     * @param headerSize largest head of a request
     * @param bodySize largest body of a request; it is streamed, so this protects the API and not the gateway
     */
    record Limits(
            @DefaultValue("1024") int connections,
            @DefaultValue("32KB") DataSize headerSize,
            @DefaultValue("4GB") DataSize bodySize) {

        Limits {
            InvalidSetting.unless(
                    connections >= 1 && connections <= 100_000,
                    "sidecar.gateway.limits.connections",
                    connections,
                    "be between 1 and 100000");
            InvalidSetting.unless(
                    headerSize.toBytes() >= 1024 && headerSize.toBytes() <= 1024 * 1024,
                    "sidecar.gateway.limits.header-size",
                    headerSize,
                    "be between 1KB and 1MB");
            InvalidSetting.unless(
                    !bodySize.isNegative(), "sidecar.gateway.limits.body-size", bodySize, "be a size such as 100MB");
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
     * @param drain for requests to end when the sidecar stops
     */
    record Timeouts(
            @DefaultValue("5s") Duration connect,
            @DefaultValue("60s") Duration response,
            @DefaultValue("5m") Duration idle,
            @DefaultValue("15s") Duration head,
            @DefaultValue("75s") Duration keepAlive,
            @DefaultValue("20s") Duration drain) {

        Timeouts {
            require("connect", connect);
            require("response", response);
            require("idle", idle);
            require("head", head);
            require("keep-alive", keepAlive);
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
