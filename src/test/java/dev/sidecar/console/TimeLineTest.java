package dev.sidecar.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.pitr.Gap;
import dev.sidecar.pitr.PitrState;
import dev.sidecar.pitr.Segment;
import dev.sidecar.pitr.Span;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TimeLineTest {

    private static final Instant START = Instant.parse("2026-11-27T00:00:00Z");

    private static Instant hour(int hour) {
        return START.plusSeconds(3600L * hour);
    }

    private static PitrState state(List<Span> spans, List<Gap> gaps) {
        return new PitrState(
                hour(10),
                List.of(),
                spans,
                gaps,
                Optional.empty(),
                0,
                0,
                0,
                -1,
                Optional.empty(),
                List.of(),
                List.of());
    }

    @Test
    void momentsAndGapsAreWhereTheyBelong() {
        Gap gap = new Gap(new Segment(1, 0, 5), new Segment(1, 0, 5), 1, hour(4), hour(4).plusSeconds(1));

        assertThat(TimeLine.of(state(List.of(new Span(hour(0), hour(4)), new Span(hour(6), hour(10))), List.of(gap))))
                .extracting(TimeLine.Part::x, TimeLine.Part::width, TimeLine.Part::state)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(0, 400, "held"),
                        org.assertj.core.groups.Tuple.tuple(600, 400, "held"),
                        // As wide as can be seen.
                        org.assertj.core.groups.Tuple.tuple(400, 3, "broken"));
    }

    @Test
    void withoutAMomentThereIsNoLine() {
        assertThat(TimeLine.of(state(List.of(), List.of()))).isEmpty();
    }
}
