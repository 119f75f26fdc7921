package dev.sidecar.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.sidecar.loki.LogLine;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WaterfallTest {

    private static final Instant START = Instant.parse("2026-11-28T00:00:00Z");

    private static LogLine line(int writtenAt, String service, Map<String, String> more, String text) {
        Map<String, String> labels = new HashMap<>(more);
        labels.put("service", service);
        return new LogLine(START.plusMillis(writtenAt), labels, text);
    }

    /** nginx writes last, and began first. */
    @Test
    void whoWaitedForOthersComesBeforeThem() {
        LogLine query = line(40, "api", Map.of(), "selecting");
        LogLine api = line(60, "api", Map.of(), "{\"duration_ms\":50.0}");
        LogLine gateway = line(90, "sidecar", Map.of("duration_ms", "85"), "{}");
        LogLine nginx = line(100, "nginx", Map.of("duration_ms", "100"), "GET /");

        assertThat(Waterfall.of(List.of(query, api, gateway, nginx)))
                .containsExactly(
                        new Waterfall.Row(nginx, "+0.000 s", "100.0 ms", 0, 1_000),
                        new Waterfall.Row(gateway, "+0.005 s", "85.0 ms", 50, 850),
                        new Waterfall.Row(api, "+0.010 s", "50.0 ms", 100, 500),
                        new Waterfall.Row(query, "+0.040 s", "", 400, 6));
    }

    @Test
    void aLineAtTheVeryEndIsSeen() {
        assertThat(Waterfall.of(List.of(line(0, "a", Map.of(), ""), line(5_000, "b", Map.of(), ""))))
                .extracting(Waterfall.Row::x, Waterfall.Row::width)
                .containsExactly(tuple(0, 6), tuple(994, 6));
    }

    @Test
    void oneLineAlonePaintsNothingOutside() {
        assertThat(Waterfall.of(List.of(line(0, "a", Map.of(), "hello"))))
                .extracting(Waterfall.Row::after, Waterfall.Row::x, Waterfall.Row::width)
                .containsExactly(tuple("+0.000 s", 0, 6));
        assertThat(Waterfall.of(List.of())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-5", "NaN", "1e300", "Infinity", "soon", "", "3600001"})
    void aDurationThatCannotBeIsNone(String said) {
        LogLine first = line(0, "nginx", Map.of(), "");

        assertThat(Waterfall.of(List.of(first, line(10, "api", Map.of("duration_ms", said), ""))))
                .extracting(Waterfall.Row::after, Waterfall.Row::took)
                .containsExactly(tuple("+0.000 s", ""), tuple("+0.010 s", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"duration_ms\":", "{}", "{\"duration_ms\":\"<b>\"}", "{\"duration_ms\":{\"a\":1}}"})
    void aLineThatSaysNothingOfItsDurationIsAMoment(String text) {
        assertThat(Waterfall.of(List.of(line(0, "api", Map.of(), text))))
                .extracting(Waterfall.Row::took)
                .containsExactly("");
    }
}
