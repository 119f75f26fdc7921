package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.BoundSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PitrMetricsTest {

    private static final Instant AT = Instant.parse("2026-11-28T02:00:00Z");

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final PitrMetrics metrics = new PitrMetrics(registry);

    private static PitrState state(PhysicalSet... sets) {
        return new PitrState(
                AT,
                List.of(sets),
                List.of(),
                List.of(),
                Optional.of(AT),
                0,
                0,
                0,
                -1,
                Optional.empty(),
                List.of(),
                List.of());
    }

    private double full() {
        return registry.get("sidecar.pitr.set.timestamp")
                .tag("type", "full")
                .gauge()
                .value();
    }

    /** Whoever can write to the repository can delete, and PitrSetOld tells it. */
    @Test
    void aSetThatIsGoneIsNotTheNewestAnyMore() {
        metrics.register(BoundSettings.of("sidecar.pitr", Map.of("results-file", "-"), PitrProperties.class));
        Segment segment = Segment.parse("000000010000000000000002").orElseThrow();
        metrics.update(
                state(new PhysicalSet(
                        "20261128-020000F",
                        PhysicalSet.Type.FULL,
                        AT.minusSeconds(60),
                        AT,
                        segment,
                        segment,
                        0x2000100,
                        "15-1",
                        15,
                        1,
                        1,
                        List.of(),
                        false)),
                Optional.empty());
        assertThat(full()).isEqualTo(AT.getEpochSecond());

        metrics.update(state(), Optional.empty());

        assertThat(full()).isZero();
    }
}
