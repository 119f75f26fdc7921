package dev.sidecar.gateway;

import dev.sidecar.settings.Identity;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** The gateway on a free port, with its real settings. */
final class GatewayServer implements AutoCloseable {

    final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Gateway gateway;

    private GatewayServer(GatewayProperties properties) {
        Identity identity = new Identity("test-stack", "test-host", "gateway", "test");
        gateway = new Gateway(GatewayConfiguration.parts(properties, identity, Clock.systemUTC(), registry));
        gateway.start();
    }

    /** @param settings name without {@code sidecar.gateway.}, value, name, value, … */
    static GatewayServer before(int upstreamPort, String... settings) {
        return before("http://127.0.0.1:" + upstreamPort, settings);
    }

    static GatewayServer before(String upstream, String... settings) {
        return new GatewayServer(properties(upstream, settings));
    }

    static GatewayProperties properties(String upstream, String... settings) {
        Map<String, String> map = new HashMap<>(Map.of(
                "sidecar.gateway.upstream", upstream,
                "sidecar.gateway.port", "0",
                "sidecar.gateway.address", "127.0.0.1"));
        for (int i = 0; i < settings.length; i += 2) {
            map.put("sidecar.gateway." + settings[i], settings[i + 1]);
        }
        return new Binder(new MapConfigurationPropertySource(map))
                .bindOrCreate("sidecar.gateway", GatewayProperties.class);
    }

    int port() {
        return gateway.port();
    }

    Gateway gateway() {
        return gateway;
    }

    RawConnection connect() {
        return RawConnection.to(port());
    }

    double failures(FailureReason reason) {
        return registry.get("sidecar.gateway.failures")
                .tag("reason", reason.label())
                .counter()
                .count();
    }

    double closed(String reason) {
        return registry.get("sidecar.gateway.connections.closed")
                .tag("reason", reason)
                .counter()
                .count();
    }

    double retries() {
        return registry.get("sidecar.gateway.retries").counter().count();
    }

    double connected() {
        return registry.get("sidecar.gateway.connections").gauge().value();
    }

    double inFlight() {
        return registry.get("sidecar.gateway.requests.in.flight").gauge().value();
    }

    @Override
    public void close() {
        gateway.stop();
    }
}
