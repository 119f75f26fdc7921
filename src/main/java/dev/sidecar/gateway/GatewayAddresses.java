package dev.sidecar.gateway;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * The two addresses at which this process reaches the API.
 *
 * @param upstream the API itself; null if there is no gateway
 * @param own the gateway in front of it
 */
public record GatewayAddresses(@Nullable URI upstream, URI own) {

    static GatewayAddresses of(GatewayProperties properties) {
        String own = stripped(properties.url());
        String upstream = stripped(properties.upstream());
        return new GatewayAddresses(
                upstream == null ? null : URI.create(upstream),
                URI.create(own == null ? "http://127.0.0.1:" + properties.port() : own));
    }

    private static @Nullable String stripped(@Nullable String address) {
        return address == null || address.isBlank() ? null : address.replaceAll("/+$", "");
    }
}
