package dev.sidecar.proofs;

import dev.sidecar.peers.NotConfigured;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

final class GatewayLatencyProof implements Proof {

    private static final double MOST_MS = 5;
    private static final int ENOUGH = 20;

    private final MeterRegistry registry;

    GatewayLatencyProof(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "PRF-2",
                Area.PERFORMANCE,
                "The gateway adds less than 5 ms to a request, on average.",
                Duration.ofMinutes(5));
    }

    @Override
    public Finding prove() {
        double requestsMs = total("sidecar.gateway.requests");
        double upstreamMs = total("sidecar.gateway.upstream");
        long count = registry.find("sidecar.gateway.upstream").timers().stream()
                .mapToLong(Timer::count)
                .sum();
        if (registry.find("sidecar.gateway.upstream").timers().isEmpty()) {
            throw new NotConfigured("There is no gateway: set sidecar.gateway.upstream to the address of the API.");
        }
        if (count < ENOUGH) {
            return Finding.inconclusive(
                    "Only %d requests went through the gateway yet, at least %d are needed.", count, ENOUGH);
        }
        double added = Math.max(0, (requestsMs - upstreamMs) / count);
        return Finding.heldIf(
                added < MOST_MS,
                "%d requests took %.2f ms on average, of which %.2f ms in the API: %.2f ms added, transfer to the client included.",
                count,
                requestsMs / count,
                upstreamMs / count,
                added);
    }

    private double total(String timer) {
        return registry.find(timer).timers().stream()
                .mapToDouble(each -> each.totalTime(TimeUnit.MILLISECONDS))
                .sum();
    }
}
