package dev.sidecar.grafana;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LogQlTest {

    /** What Loki refuses, too: see {@code LokiTest}. */
    static Stream<String> wrong() {
        return Stream.of(
                "{stack=\"a\"",
                "{stack=~\".*\"}",
                "{}",
                "{stack=a}",
                "{stack=\"a\"} |= id",
                "{stack=\"a\"} | duration_ms > ",
                "{stack=\"a\"} | level = error",
                "rate({stack=\"a\"})",
                "sum by (level (rate({stack=\"a\"}[1m]))",
                "sum(rate({stack=\"a\"}[1m])",
                "topk(rate({stack=\"a\"}[1m]))",
                "suum(rate({stack=\"a\"}[1m]))",
                "{stack=\"a\"} {host=\"b\"}");
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void aTypingErrorIsFound(String query) {
        assertThatIllegalArgumentException().isThrownBy(() -> LogQl.read(query));
    }

    @Test
    void labelsAndFieldsAreToldApart() {
        LogQl.Names names = LogQl.read(
                "topk(3, sum by (path) (max_over_time({stack=\"a\", level=~\"error|fatal\"} |= `x` | json | status >= 500 and method=\"GET\" | unwrap duration_ms [5m])))");

        assertThat(names.labels()).containsExactly("level", "stack");
        assertThat(names.fields()).containsExactly("duration_ms", "method", "path", "status");
    }
}
