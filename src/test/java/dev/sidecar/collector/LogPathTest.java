package dev.sidecar.collector;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The files of Alloy and Loki say what keeps the real programs from losing or tearing a line; {@link CollectorTest} runs them. */
class LogPathTest {

    private static String alloy() throws IOException {
        return Files.readString(Path.of("alloy", "config.alloy"));
    }

    private static String group(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(pattern).isTrue();
        return matcher.group(1);
    }

    /** A line that a stage.match does not select overtakes those that go through its stages: half of the stack traces were torn. */
    @Test
    void noLineOfAContainerOvertakesAnotherOnItsWayToTheStackTrace() throws IOException {
        String before = alloy().split("stage\\.multiline")[0];

        assertThat(Pattern.compile("selector += `([^`]*source=\"container\"[^`]*)`")
                        .matcher(before)
                        .results()
                        .map(MatchResult::toString))
                .hasSize(1);
        assertThat(before.trim()).endsWith("selector = `{source=\"container\"} !~ \"^\\\\s*\\\\{\"`");
    }

    /** Loki refuses a line that is older than the newest of its stream by half of max_chunk_age. */
    @Test
    void lokiTakesWhatTwoReplicasWroteWhileTheCollectorWasAwayForHours() throws IOException {
        String loki = Files.readString(LokiServer.CONFIGURATION);
        int chunkHours = Integer.parseInt(group(loki, "max_chunk_age: (\\d+)h"));

        assertThat(chunkHours / 2).isGreaterThanOrEqualTo(Integer.parseInt(group(alloy(), "max_age +?= \"(\\d+)h\"")));
        // Answers of the time before must not hide them for long.
        assertThat(group(loki, "results_cache:\\s+cache:\\s+(?:#.*\\s+)?embedded_cache: \\{[^}]*ttl: (\\w+)}"))
                .isEqualTo("5m");
        // Else it would not look into the chunks that are not written yet.
        assertThat(loki).contains("query_ingesters_within: 0s");
    }
}
