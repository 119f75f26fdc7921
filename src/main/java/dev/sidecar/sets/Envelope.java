package dev.sidecar.sets;

import dev.sidecar.text.HostileText;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A document with its signatures in one JSON file, as DSSE v1 defines it. Programs of others read it, too.
 *
 * @param payloadType the media type of the document; it is signed with it
 * @param payload the bytes of the document
 * @param seals its signatures
 */
public record Envelope(String payloadType, byte[] payload, List<Seal> seals) {

    private static final int MOST_SEALS = 20;
    private static final int DEEPEST = 20;
    private static final int LONGEST_NAME = 200;

    private static final JsonMapper STRICT = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEEPEST)
                            .build())
                    // Of two members of one name, one program would check the first and the next show the second.
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** Copies the signatures. */
    public Envelope {
        seals = List.copyOf(seals);
    }

    /**
     * One signature.
     *
     * @param keyId which key it claims to be of; anybody can write anything here
     * @param signature its bytes
     */
    public record Seal(String keyId, byte[] signature) {}

    /**
     * Tells what the signatures prove.
     *
     * @param signers the keys that signed this document
     * @param unknown ids that signatures of keys claim which nobody here knows
     * @param wrong ids of keys that are known here and did not sign this document, though a signature claims it
     */
    public record Checked(List<VerifyingKey> signers, List<String> unknown, List<String> wrong) {}

    /** Reads an envelope that a stranger may have written. @throws IllegalArgumentException with the reason, if it is none */
    public static Envelope parse(byte[] file) {
        JsonNode json = json(file);
        String type = text(json, "payloadType");
        byte[] payload = base64(text(json, "payload"), "payload");
        JsonNode signatures = json.path("signatures");
        if (!signatures.isArray() || signatures.isEmpty()) {
            throw new IllegalArgumentException("it has no signature");
        }
        if (signatures.size() > MOST_SEALS) {
            throw new IllegalArgumentException(
                    "it has %d signatures, and at most %d are read".formatted(signatures.size(), MOST_SEALS));
        }
        List<Seal> seals = new ArrayList<>();
        for (JsonNode signature : signatures) {
            String keyId = signature.has("keyid") ? text(signature, "keyid") : "";
            if (keyId.length() > LONGEST_NAME) {
                throw new IllegalArgumentException("the id of one of its keys is too long");
            }
            seals.add(new Seal(keyId, base64(text(signature, "sig"), "sig")));
        }
        return new Envelope(type, payload, seals);
    }

    /** Reads a JSON object that a stranger may have written: in UTF-8, no member twice, and nothing after it. */
    public static JsonNode json(byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            JsonNode json = STRICT.readTree(text);
            if (!json.isObject()) {
                throw new IllegalArgumentException("it is no JSON object");
            }
            return json;
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("it is not written in UTF-8", e);
        } catch (JacksonException e) {
            // The message quotes names out of the file, which could look like a line of ours.
            String why = HostileText.line(String.valueOf(e.getOriginalMessage()));
            throw new IllegalArgumentException(
                    "it is no JSON: " + why.substring(0, Math.min(LONGEST_NAME, why.length())), e);
        }
    }

    private static String text(JsonNode json, String member) {
        JsonNode value = json.path(member);
        if (!value.isString()) {
            throw new IllegalArgumentException("it has no text in its member '%s'".formatted(member));
        }
        return value.stringValue();
    }

    /** DSSE has readers accept both alphabets. */
    private static byte[] base64(String text, String member) {
        try {
            return (text.indexOf('-') >= 0 || text.indexOf('_') >= 0 ? Base64.getUrlDecoder() : Base64.getDecoder())
                    .decode(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("its member '%s' is no base64".formatted(member), e);
        }
    }

    /** Writes the envelope as its file. */
    public byte[] file() {
        Base64.Encoder base64 = Base64.getEncoder();
        return STRICT.writeValueAsBytes(new Written(
                base64.encodeToString(payload),
                payloadType,
                seals.stream()
                        .map(seal -> new WrittenSeal(seal.keyId(), base64.encodeToString(seal.signature())))
                        .toList()));
    }

    private record Written(String payload, String payloadType, List<WrittenSeal> signatures) {}

    private record WrittenSeal(String keyid, String sig) {}

    /** Checks every signature with the keys; an id is a hint and decides nothing but the words. */
    public Checked check(Collection<VerifyingKey> keys) {
        byte[] message = message(payloadType, payload);
        List<VerifyingKey> signers = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        for (Seal seal : seals) {
            Optional<VerifyingKey> signer = keys.stream()
                    .filter(key -> key.verifies(message, seal.signature()))
                    .findFirst();
            if (signer.isPresent()) {
                if (!signers.contains(signer.get())) {
                    signers.add(signer.get());
                }
            } else if (keys.stream().anyMatch(key -> key.id().equals(seal.keyId()))) {
                wrong.add(seal.keyId());
            } else {
                unknown.add(seal.keyId());
            }
        }
        return new Checked(signers, unknown, wrong);
    }

    /** DSSE's pre-authentication encoding: what is signed begins with a word of its own, so that the signature is one of nothing else. */
    static byte[] message(String payloadType, byte[] payload) {
        byte[] type = payloadType.getBytes(StandardCharsets.UTF_8);
        byte[] head = "DSSEv1 %d %s %d "
                .formatted(type.length, payloadType, payload.length)
                .getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(head.length + payload.length)
                .put(head)
                .put(payload)
                .array();
    }
}
