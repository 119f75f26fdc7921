package dev.sidecar.gateway;

import dev.sidecar.requests.Requests;
import dev.sidecar.requests.Routes;
import dev.sidecar.traces.Spans;

/** Groups the parts that every connection of the gateway uses. All event loops share them. */
record GatewayParts(
        GatewayProperties properties,
        Requests requests,
        Routes routes,
        GatewayMetrics metrics,
        Hops hops,
        Shares connectionsOf,
        Shares requestsOf,
        Spans spans) {}
