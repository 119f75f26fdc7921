package dev.sidecar.gateway;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * The two addresses at which this machine reaches the API.
 *
 * @param upstream the API itself; null if there is no gateway
 * @param own the gateway in front of it
 */
public record GatewayAddresses(@Nullable URI upstream, URI own) {

    static GatewayAddresses of(GatewayProperties properties) {
        String upstream = properties.upstream();
        return new GatewayAddresses(
                upstream == null || upstream.isBlank() ? null : URI.create(upstream.replaceAll("/+$", "")),
                URI.create("http://127.0.0.1:" + properties.port()));
    }
}
