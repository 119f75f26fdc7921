package dev.sidecar.requests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TraceContextTest {

    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "00f067aa0ba902b7";

    /** Level 2 of the specification has a second flag; later versions may have more fields. */
    @ParameterizedTest
    @CsvSource({
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01, true",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00, false",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03, true",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02, false",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes-later, true",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01, true"
    })
    void goesOnWithATraceAndHasAPartOfItsOwn(String received, boolean sampled) {
        TraceContext trace = TraceContext.continued(List.of(received));

        assertThat(trace).isNotNull();
        assertThat(trace.traceId()).isEqualTo(TRACE);
        assertThat(trace.parentId()).isEqualTo(PARENT);
        assertThat(trace.sampled()).isEqualTo(sampled);
        assertThat(trace.spanId()).matches("[0-9a-f]{16}").isNotEqualTo(PARENT);
        assertThat(trace.toHeader()).isEqualTo("00-" + TRACE + "-" + trace.spanId() + (sampled ? "-01" : "-00"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
                "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
                "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
                " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            })
    void whatIsNotWellFormedIsNoTrace(String received) {
        assertThat(TraceContext.continued(List.of(received))).isNull();
    }

    @Test
    void noneAndTwoAreNoTrace() {
        String one = "00-" + TRACE + "-" + PARENT + "-01";

        assertThat(TraceContext.continued(List.of())).isNull();
        assertThat(TraceContext.continued(List.of(one, one))).isNull();
    }

    @Test
    void beginsTracesOfWhichAShareIsSampled() {
        List<TraceContext> begun =
                Stream.generate(() -> TraceContext.begin(0.5)).limit(1000).toList();

        assertThat(begun).allSatisfy(trace -> {
            assertThat(trace.traceId()).matches("[0-9a-f]{32}");
            assertThat(trace.parentId()).isNull();
            assertThat(TraceContext.continued(List.of(trace.toHeader()))).isNotNull();
        });
        assertThat(begun).extracting(TraceContext::traceId).doesNotHaveDuplicates();
        assertThat(begun.stream().filter(TraceContext::sampled).count()).isBetween(350L, 650L);
        assertThat(TraceContext.begin(0).sampled()).isFalse();
        assertThat(TraceContext.begin(1).sampled()).isTrue();
    }
}
