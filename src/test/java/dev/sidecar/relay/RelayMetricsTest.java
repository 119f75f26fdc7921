package dev.sidecar.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.hosts.Satellite;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

class RelayMetricsTest {

    @Test
    void withoutALokiNoHostIsLateWithItsLines() {
        assertThat(kindsOfPushes(true)).containsExactlyInAnyOrder("metrics", "logs");
        assertThat(kindsOfPushes(false)).containsExactly("metrics");
    }

    private static List<String> kindsOfPushes(boolean takesLines) {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        Satellite web = new Satellite("web-1", "0".repeat(64), Instant.EPOCH, null);
        new RelayMetrics(registry, takesLines).began(new Guest(web, GuestTest.PROPERTIES, new Semaphore(1), 0));
        return registry.find("sidecar.relay.last.push.timestamp").gauges().stream()
                .map(gauge -> String.valueOf(gauge.getId().getTag("kind")))
                .toList();
    }
}
