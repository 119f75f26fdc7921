package dev.sidecar.gateway;

import dev.sidecar.requests.Requests;
import dev.sidecar.requests.Routes;

/** What every connection of the gateway works with. All of it is shared by the event loops. */
record GatewayParts(
        GatewayProperties properties, Requests requests, Routes routes, GatewayMetrics metrics, Hops hops) {}
