package dev.sidecar.logs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

/** The lines that a command writes to standard error, by the pattern of the shipped configuration. */
class CommandLinesTest {

    @Test
    void theFieldsOfALineStandApartFromItsMessage() throws IOException {
        assertThat(line(
                        "backup failed: no space",
                        new KeyValuePair("database", "app"),
                        new KeyValuePair("reason", "space")))
                .isEqualTo("ERROR: backup failed: no space database=app reason=space\n");
    }

    @Test
    void aLineWithoutFieldsEndsWithItsMessage() throws IOException {
        assertThat(line("100% of it costs $5, \\1")).isEqualTo("ERROR: 100% of it costs $5, \\1\n");
    }

    private static String line(String message, KeyValuePair... fields) throws IOException {
        LoggerContext context = new LoggerContext();
        PatternLayout layout = new PatternLayout();
        layout.setContext(context);
        layout.setPattern(Pattern.compile("<pattern>(.*)</pattern>")
                .matcher(Files.readString(Path.of("src/main/resources/logback-spring.xml")))
                .results()
                .map(found -> found.group(1))
                .findFirst()
                .orElseThrow());
        layout.start();
        LoggingEvent event = new LoggingEvent();
        event.setLoggerContext(context);
        event.setLoggerName("dev.sidecar");
        event.setLevel(Level.ERROR);
        event.setMessage(message);
        for (KeyValuePair field : fields) {
            event.addKeyValuePair(field);
        }
        return layout.doLayout(event);
    }
}
