package dev.sidecar.relay;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sidecar.support.MutableClock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Everybody who reaches the edge can push with a token that nobody has. */
class UnknownTokensTest {

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final MutableClock clock = new MutableClock("2026-11-29T12:00:00Z");
    private final UnknownTokens unknownTokens = new UnknownTokens(clock);

    @BeforeEach
    void collect() {
        log.start();
        ((Logger) LoggerFactory.getLogger(UnknownTokens.class)).addAppender(log);
    }

    @AfterEach
    void stop() {
        ((Logger) LoggerFactory.getLogger(UnknownTokens.class)).detachAppender(log);
    }

    @Test
    void aThousandInAMinuteAreOneLine() {
        for (int i = 0; i < 1000; i++) {
            unknownTokens.came("203.0.113.7");
        }
        assertThat(values()).containsExactly("203.0.113.7 0");

        clock.tick(Duration.ofMinutes(1));
        unknownTokens.came("203.0.113.8");
        assertThat(values()).containsExactly("203.0.113.7 0", "203.0.113.8 999");
    }

    @Test
    void aClockThatWasPutBackSilencesNothing() {
        unknownTokens.came("203.0.113.7");
        clock.tick(Duration.ofHours(-5));
        unknownTokens.came("203.0.113.7");

        assertThat(log.list).hasSize(2);
    }

    @Test
    void whatIsNoAddressIsShortAndControlsNothing() {
        unknownTokens.came("\u001b[2J\n{\"level\":\"ERROR\"}".repeat(1000));

        assertThat(values())
                .singleElement()
                .satisfies(line -> assertThat(line).hasSizeLessThan(1000).doesNotContain("\u001b", "\n"));
    }

    private List<String> values() {
        return log.list.stream()
                .map(line -> line.getKeyValuePairs().get(0).value + " "
                        + line.getKeyValuePairs().get(1).value)
                .toList();
    }
}
