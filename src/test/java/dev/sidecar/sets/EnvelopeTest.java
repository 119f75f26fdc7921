package dev.sidecar.sets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EnvelopeTest {

    private static final String TYPE = "application/vnd.in-toto+json";
    private static final byte[] PAYLOAD = "{\"a\":1}".getBytes(StandardCharsets.UTF_8);

    private final Signatures ours = TestSets.signatures(Map.of());

    /** The example of DSSE's own text, in which a letter of two bytes would show a length in letters. */
    @Test
    void whatIsSignedIsDssesEncoding() {
        assertThat(new String(
                        Envelope.message(
                                "http://example.com/HelloWorld", "hello world".getBytes(StandardCharsets.UTF_8)),
                        StandardCharsets.UTF_8))
                .isEqualTo("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
        assertThat(new String(Envelope.message("ä", "ö".getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8))
                .isEqualTo("DSSEv1 2 ä 2 ö");
    }

    @Test
    void isReadAgainAsItWasWritten() {
        Envelope sealed = ours.seal(TYPE, PAYLOAD);

        Envelope read = Envelope.parse(sealed.file());

        assertThat(read.payload()).isEqualTo(PAYLOAD);
        assertThat(read.check(ours.knownKeys()).signers()).hasSize(1);
        assertThat(new String(sealed.file(), StandardCharsets.UTF_8))
                .startsWith("{\"payload\":\"eyJhIjoxfQ==\",\"payloadType\":\"" + TYPE
                        + "\",\"signatures\":[{\"keyid\":\"" + ours.keyId() + "\",\"sig\":\"");
    }

    @Test
    void bothAlphabetsOfBase64AreRead() {
        byte[] payload = {(byte) 0xfb, (byte) 0xff, (byte) 0xfe};
        Envelope sealed = ours.seal(TYPE, payload);
        String urlSafe =
                Base64.getUrlEncoder().encodeToString(sealed.seals().get(0).signature());

        Envelope read = Envelope.parse("{\"payloadType\":\"%s\",\"payload\":\"-__-\",\"signatures\":[{\"sig\":\"%s\"}]}"
                .formatted(TYPE, urlSafe)
                .getBytes(StandardCharsets.UTF_8));

        assertThat(read.payload()).isEqualTo(payload);
        assertThat(read.check(ours.knownKeys()).signers())
                .as("a signature without the name of its key")
                .hasSize(1);
    }

    @Test
    void aSignatureOfAnotherPayloadOrTypeIsNone() {
        Envelope sealed = ours.seal(TYPE, PAYLOAD);

        for (Envelope changed : List.of(
                new Envelope(TYPE, "{\"a\":2}".getBytes(StandardCharsets.UTF_8), sealed.seals()),
                new Envelope("text/plain", PAYLOAD, sealed.seals()))) {
            Envelope.Checked checked = changed.check(ours.knownKeys());
            assertThat(checked.signers()).isEmpty();
            assertThat(checked.wrong()).containsExactly(ours.keyId());
        }
    }

    /** What is signed for a report must not be taken for a manifest, an event or a list of checksums. */
    @Test
    void aSignatureOfAnEnvelopeIsNoneOfItsPayload() {
        Envelope sealed = ours.seal(TYPE, PAYLOAD);

        assertThat(ours.knownKeys()
                        .get(0)
                        .verifies(PAYLOAD, sealed.seals().get(0).signature()))
                .isFalse();
    }

    @Test
    void everySignatureIsJudgedByItself(@TempDir Path folder) {
        Signatures other = TestSets.signatures(Map.of("signing.directory", folder.toString()));
        Envelope.Seal ourSeal = ours.seal(TYPE, PAYLOAD).seals().get(0);
        Envelope.Seal theirs = other.seal(TYPE, PAYLOAD).seals().get(0);
        Envelope.Seal claimed = new Envelope.Seal(ours.keyId(), theirs.signature());

        assertThat(new Envelope(TYPE, PAYLOAD, List.of(theirs, ourSeal, ourSeal)).check(ours.knownKeys()))
                .satisfies(checked -> {
                    assertThat(checked.signers()).extracting(VerifyingKey::id).containsExactly(ours.keyId());
                    assertThat(checked.unknown()).containsExactly(other.keyId());
                    assertThat(checked.wrong()).isEmpty();
                });
        assertThat(new Envelope(TYPE, PAYLOAD, List.of(ourSeal, claimed))
                        .check(ours.knownKeys())
                        .wrong())
                .containsExactly(ours.keyId());
        assertThat(new Envelope(TYPE, PAYLOAD, List.of(ourSeal))
                        .check(List.of())
                        .unknown())
                .containsExactly(ours.keyId());
    }

    static Stream<Arguments> malformed() {
        String good =
                "{\"payloadType\":\"t\",\"payload\":\"YQ==\",\"signatures\":[{\"keyid\":\"k\",\"sig\":\"YQ==\"}]}";
        return Stream.of(
                Arguments.of("", "no JSON"),
                Arguments.of("[]", "no JSON object"),
                Arguments.of("{", "no JSON"),
                Arguments.of(good + "{}", "no JSON"),
                Arguments.of(good.replace("\"payload\"", "\"payload\":\"Yg==\",\"payload\""), "no JSON"),
                Arguments.of(good.replace("\"payload\":\"YQ==\"", "\"payload\":7"), "text in its member 'payload'"),
                Arguments.of(good.replace("\"t\"", "null"), "text in its member 'payloadType'"),
                Arguments.of(good.replace("\"payload\":\"YQ==\"", "\"payload\":\"Y!\""), "'payload' is no base64"),
                Arguments.of(good.replace("\"sig\":\"YQ==\"", "\"sig\":\"%\""), "'sig' is no base64"),
                Arguments.of(good.replace("\"sig\"", "\"no\""), "text in its member 'sig'"),
                Arguments.of(good.replaceAll("\\[.*]", "[]"), "no signature"),
                Arguments.of(good.replaceAll("\\[.*]", "{}"), "no signature"),
                Arguments.of(
                        good.replaceAll("\\[.*]", "[" + "{\"sig\":\"YQ==\"},".repeat(20) + "{\"sig\":\"YQ==\"}]"),
                        "21 signatures"),
                Arguments.of(good.replace("\"k\"", "\"" + "k".repeat(201) + "\""), "too long"),
                Arguments.of("{\"a\":".repeat(1000), "no JSON"));
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void whatIsNoEnvelopeIsRefusedWithItsReason(String file, String reason) {
        assertThatThrownBy(() -> Envelope.parse(file.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void theReasonIsOneLineWhateverTheFileSays() {
        String twice = "\"a\\nGENUINE: report\\u001b[2J%s\":1".formatted("x".repeat(5_000));

        assertThatThrownBy(() -> Envelope.parse(("{" + twice + "," + twice + "}").getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .hasSizeLessThan(300)
                .contains("GENUINE")
                .doesNotContain("\n", "\u001b");
    }

    @Test
    void whatIsNotUtf8IsRefused() {
        assertThatThrownBy(() -> Envelope.parse("{\"a\":1}".getBytes(StandardCharsets.UTF_16)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("UTF-8");
    }
}
