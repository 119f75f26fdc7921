package dev.sidecar.logs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import dev.sidecar.secrets.Secret;
import dev.sidecar.text.HostileText;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.MDC;
import org.slf4j.event.KeyValuePair;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LineEncoderTest {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final LoggerContext context = new LoggerContext();
    private final LineEncoder encoder = new LineEncoder("sidecar", "staging");

    @AfterEach
    void clear() {
        MDC.clear();
    }

    @Test
    void aLineHasExactlyTheFieldsOfTheContract() {
        assertThat(line(event("started", null))).isEqualTo("""
                {"timestamp":"2026-11-23T22:41:15.123Z","level":"INFO","logger":"dev.sidecar.Test","message":"started",\
                "service":"sidecar","environment":"staging"}
                """);
    }

    @Test
    void anAccessLineHasItsFieldsAsTheyWereGivenAndTheRequestIdOfTheMdc() {
        MDC.put("request_id", "demo-1");
        MDC.put("password", "of somebody");
        LoggingEvent event = event("request served", null);
        event.setKeyValuePairs(List.of(
                new KeyValuePair("method", "GET"),
                new KeyValuePair("status", 200),
                new KeyValuePair("duration_ms", 1.25),
                new KeyValuePair("bytes_out", 3_000_000_000L),
                new KeyValuePair("cached", true)));

        assertThat(line(event)).endsWith("""
                "service":"sidecar","environment":"staging","method":"GET","status":200,"duration_ms":1.25,\
                "bytes_out":3000000000,"cached":true,"request_id":"demo-1"}
                """);
    }

    @Test
    void noFieldAppearsTwiceAndNoneOfOursIsReplaced() {
        MDC.put("request_id", "of-the-mdc");
        LoggingEvent event = event("m", null);
        event.setKeyValuePairs(List.of(
                new KeyValuePair("request_id", "of-the-call"),
                new KeyValuePair("level", "mine"),
                new KeyValuePair("again", 1),
                new KeyValuePair("again", 2)));

        JsonNode json = JSON.readTree(line(event));

        assertThat(json.get("request_id").stringValue()).isEqualTo("of-the-call");
        assertThat(json.get("level").stringValue()).isEqualTo("INFO");
        assertThat(json.get("field_level").stringValue()).isEqualTo("mine");
        assertThat(json.get("again").intValue()).isEqualTo(2);
    }

    @Test
    void aSecretStaysHiddenInWhateverIsLogged() {
        record Login(String user, Secret password) {}
        LoggingEvent event = event("login", null);
        event.setKeyValuePairs(List.of(
                new KeyValuePair("login", new Login("app", Secret.of("hunter2"))),
                new KeyValuePair("secret", Secret.of("hunter2"))));

        assertThat(line(event)).contains("\"secret\":\"***\"").contains("app").doesNotContain("hunter2");
    }

    @Test
    void aStackTraceIsOneFieldOfOneLineAndNotLongerThanDockerTakes() {
        Exception deep = new IllegalStateException("deepest");
        for (int i = 0; i < 200; i++) {
            deep = new RuntimeException("caused at level " + i + " by\nsomething", deep);
        }

        String line = line(event("failed", deep));

        assertThat(line.indexOf('\n')).isEqualTo(line.length() - 1);
        assertThat(line.length()).isLessThan(16 * 1024);
        assertThat(JSON.readTree(line).get("stack_trace").stringValue())
                .contains("caused at level 199", "LineEncoderTest");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a\nline\r\nbreak",
                "quote \" backslash \\ bracket [",
                "tab\tnull\0bell\7",
                "grüße, 日本, 😀",
                "line separators \u2028 \u2029",
                "broken surrogates \ud83d here and \ude00 there"
            })
    void whateverTheTextTheLineIsOneJsonObject(String text) {
        LoggingEvent event = event(text, null);
        event.setKeyValuePairs(List.of(new KeyValuePair("user_agent", text)));

        byte[] line = encoder.encode(event);

        assertThat(new String(line, StandardCharsets.UTF_8).strip().lines()).hasSize(1);
        JsonNode json = JSON.readTree(line);
        assertThat(json.get("environment").stringValue()).isEqualTo("staging");
        // Whoever reads the line's fields on a terminal gets no control character from them.
        assertThat(json.get("message").stringValue()).isEqualTo(HostileText.line(text));
        assertThat(json.get("user_agent").stringValue()).isEqualTo(HostileText.line(text));
    }

    @Test
    void noRowThatPostgresQuotesAndNoControlCharacterIsInALine() {
        String error =
                "pg_restore: error: COPY failed for table \"t\": ERROR:  bad \u001b[2J\u202e\nCONTEXT:  COPY t, line 1: \"geheim\"";
        LoggingEvent event = event(error, new IllegalStateException(error));
        event.setKeyValuePairs(List.of(new KeyValuePair("reason", error)));

        JsonNode json = JSON.readTree(encoder.encode(event));

        for (String field : List.of("message", "reason", "stack_trace")) {
            assertThat(json.get(field).stringValue())
                    .contains("COPY failed for table")
                    .doesNotContain("geheim", "\u001b", "\u202e");
        }
    }

    private String line(LoggingEvent event) {
        return new String(encoder.encode(event), StandardCharsets.UTF_8);
    }

    private LoggingEvent event(String message, Throwable thrown) {
        LoggingEvent event = new LoggingEvent(
                "fqcn", context.getLogger("dev.sidecar.Test"), Level.INFO, message, thrown, new Object[0]);
        event.setInstant(Instant.parse("2026-11-23T22:41:15.123Z"));
        event.setMDCPropertyMap(MDC.getCopyOfContextMap() == null ? java.util.Map.of() : MDC.getCopyOfContextMap());
        return event;
    }
}
