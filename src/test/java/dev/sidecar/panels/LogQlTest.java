package dev.sidecar.panels;

import static dev.sidecar.support.Docker.docker;
import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import dev.sidecar.collector.LokiServer;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LogQlTest {

    /** Loki refuses these, too. */
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
                "{stack=\"a\"} | json message=",
                "{stack=\"a\"} | drop | json",
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

    /** So that {@link LogQl} may stand for Loki where there is none. */
    @Test
    @Tag("images")
    void lokiJudgesLikewise() {
        String network = "sidecar-logql-" + UUID.randomUUID();
        docker("network", "create", network);
        try (LokiServer loki = LokiServer.start(network, LokiServer.CONFIGURATION)) {
            await().atMost(2, MINUTES).until(loki::isReady);

            assertThat(wrong())
                    .allSatisfy(
                            query -> assertThat(loki.complaint(query)).as(query).isNotEmpty());
            assertThat(DashboardFile.queries("loki"))
                    .isNotEmpty()
                    .allSatisfy(query -> assertThat(loki.complaint(query.filled()))
                            .as(query.raw())
                            .isEmpty());
        } finally {
            docker("network", "rm", "--force", network);
        }
    }
}
