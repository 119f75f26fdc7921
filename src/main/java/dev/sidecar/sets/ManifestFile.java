package dev.sidecar.sets;

import dev.sidecar.text.Sizes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads and writes manifests and events as JSON files. The last member is the SHA-256 of the whole file with zeros in place of the
 * checksum, so a single flipped bit anywhere, white space included, is noticed.
 */
final class ManifestFile {

    /** A table takes some fourteen tokens; an object without members, which takes more memory than room in the file, two. */
    private static final long MOST_TOKENS = 4_000_000;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxTokenCount(MOST_TOKENS)
                            .maxNestingDepth(20)
                            .build())
                    .build())
            .enable(SerializationFeature.INDENT_OUTPUT)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();
    private static final String LABEL = ",\n  \"checksum\" : \"";
    private static final String ZEROS = "0".repeat(64);
    private static final String END = "\"\n}\n";
    private static final int TAIL = ZEROS.length() + END.length();

    /**
     * Larger files are not read: whoever can write to a store must not be able to fill our memory. Reading takes twice a file's size for
     * a moment. A manifest grows by some 200 bytes a table, so that a quarter of 128 MB is enough for more than 100,000.
     */
    static final long LARGEST = Math.max(32L << 20, Runtime.getRuntime().maxMemory() / 4);

    /** An event holds a sentence for each table that differs. */
    static final long LARGEST_EVENT = 4L << 20;

    private ManifestFile() {}

    /** Reads a manifest that a stranger may have written. @throws IOException also if it is too large */
    static byte[] bytes(InputStream in) throws IOException {
        return bytes(in, LARGEST);
    }

    /** Reads a file that a stranger may have written. @throws IOException also if it is too large */
    static byte[] bytes(InputStream in, long largest) throws IOException {
        byte[] bytes = in.readNBytes((int) Math.min(largest + 1, Integer.MAX_VALUE - 8));
        if (bytes.length > largest) {
            throw new IOException("it is larger than %s, more than this process reads".formatted(Sizes.of(largest)));
        }
        return bytes;
    }

    /** Writes a manifest with its checksum. */
    static byte[] write(Manifest manifest) {
        return seal(manifest);
    }

    /** Reads a manifest. @throws IOException if the file is damaged or of a newer format */
    static Manifest read(byte[] file) throws IOException {
        Manifest manifest = open(file, Manifest.class);
        if (manifest.format() != 1) {
            throw new IOException("its format is %d, but this version reads format 1; use a newer sidecar"
                    .formatted(manifest.format()));
        }
        ManifestRules.check(manifest);
        return manifest;
    }

    static byte[] writeEvent(StoredEvent event) {
        return seal(event);
    }

    /** Reads an event. @throws IOException if the file is damaged or of a newer format */
    static StoredEvent readEvent(byte[] file) throws IOException {
        StoredEvent event = open(file, StoredEvent.class);
        ManifestRules.check(event);
        return event;
    }

    private static byte[] seal(Object content) {
        String json = MAPPER.writeValueAsString(content).stripTrailing();
        String body = json.substring(0, json.lastIndexOf('}')).stripTrailing();
        byte[] file = (body + LABEL + ZEROS + END).getBytes(StandardCharsets.UTF_8);
        byte[] checksum = Sha256.of(file).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(checksum, 0, file, file.length - TAIL, checksum.length);
        return file;
    }

    private static <T> T open(byte[] file, Class<T> type) throws IOException {
        int at = file.length - TAIL;
        if (at < LABEL.length()) {
            throw new IOException("it is truncated");
        }
        Sha256 sum = new Sha256();
        sum.update(file, 0, at);
        sum.update(ZEROS.getBytes(StandardCharsets.US_ASCII), 0, ZEROS.length());
        sum.update(file, at + ZEROS.length(), END.length());
        byte[] expected = sum.hex().getBytes(StandardCharsets.US_ASCII);
        if (!Arrays.equals(expected, Arrays.copyOfRange(file, at, at + ZEROS.length()))) {
            throw new IOException("its checksum does not match, so it was changed or damaged");
        }
        try {
            T content = MAPPER.readValue(file, type);
            if (content == null) {
                throw new IOException("it is empty");
            }
            return content;
        } catch (JacksonException e) {
            throw new IOException("it cannot be parsed: " + e.getOriginalMessage(), e);
        }
    }
}
