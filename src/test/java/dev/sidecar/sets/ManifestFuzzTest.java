package dev.sidecar.sets;

import static dev.sidecar.sets.SampleBackups.published;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.sets.BackupEvent.Type;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Reads manifests and events that were changed at random, with a checksum that is right: each is read, or refused as unreadable, and takes
 * no more memory than its size explains.
 */
class ManifestFuzzTest {

    private static final Duration BUDGET = Duration.ofSeconds(6);
    private static final long ALLOWED = 8L << 20;
    private static final String[] PIECES = {
        "null",
        "-1",
        "0",
        "1e999999999",
        "9223372036854775807",
        "99999999999999999999",
        "1e-400",
        "\"\"",
        "{}",
        "[]",
        "[[[[[[[[",
        "true",
        "\"PT1E400S\"",
        "\"PT999999999999999H\"",
        "\"+1000000000-12-31T23:59:59Z\"",
        "\"-1000000000-01-01T00:00:00Z\"",
        "\"../../x\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "{\"a\":{\"a\":{}}}",
        "NaN",
        "//",
        ",",
        ":",
        "\"",
        "\\",
        "0x10",
        "1.5",
        "\"2026-13-45T99:99:99Z\""
    };

    private final com.sun.management.ThreadMXBean threads =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Random random = new Random(20261127);

    @Test
    void manifests() throws IOException {
        Manifest manifest =
                published("app", Generation.DAILY, "2026-11-26T02:00:00Z").manifest();
        byte[] file = ManifestFile.write(new Manifest(
                1,
                manifest.id(),
                manifest.slot(),
                manifest.startedAt(),
                manifest.finishedAt(),
                manifest.server(),
                manifest.client(),
                manifest.compression(),
                manifest.encryption(),
                manifest.files(),
                new Manifest.Contents(
                        List.of(new Manifest.Table("public", "t", 1L, 2, "d", true)),
                        List.of(new Manifest.Sequence("public", "s", 1L, null)),
                        1,
                        List.of(new Manifest.Extension("x", "1")),
                        List.of("app"),
                        List.of("fast")),
                manifest.origin()));
        fuzz(file, bytes -> {
            Manifest read = ManifestFile.read(bytes);
            // The rooms above ask these of a manifest.
            read.duration().toMillis();
            read.contents().rows();
            read.storedBytes();
            read.dumpBytes();
            read.contents().tables().forEach(Manifest.Table::qualifiedName);
            Signatures.sums(bytes, read.files());
            new Backup(read, "local", List.of()).level();
            return read;
        });
    }

    @Test
    void events() throws IOException {
        Backup backup = published("app", Generation.DAILY, "2026-11-26T02:00:00Z");
        byte[] file = ManifestFile.writeEvent(TestSets.signatures(Map.of())
                .sign(
                        backup.id(),
                        "local",
                        new BackupEvent(
                                Type.VERIFIED,
                                Instant.parse("2026-11-26T03:00:00Z"),
                                VerificationLevel.L4,
                                Duration.ofMillis(1234),
                                "equal")));
        Signatures signatures = TestSets.signatures(Map.of());
        fuzz(file, bytes -> {
            StoredEvent read = ManifestFile.readEvent(bytes);
            signatures.vouchesFor(backup.id().toString(), "local", read);
            Backup with = new Backup(backup.manifest(), "local", List.of(read.event()));
            with.restoreTook().ifPresent(Duration::toMillis);
            with.isDamaged();
            return read;
        });
    }

    @FunctionalInterface
    private interface Reader {
        Object read(byte[] file) throws IOException;
    }

    private void fuzz(byte[] file, Reader reader) throws IOException {
        assertThat(reader.read(file)).isNotNull();
        long until = System.nanoTime() + BUDGET.toNanos();
        int read = 0;
        int refused = 0;
        while (System.nanoTime() < until) {
            byte[] changed = resealed(mutated(new String(file, StandardCharsets.ISO_8859_1)));
            long before = threads.getCurrentThreadAllocatedBytes();
            try {
                reader.read(changed);
                read++;
            } catch (IOException e) {
                refused++;
            } catch (RuntimeException | Error e) {
                throw new AssertionError(new String(changed, StandardCharsets.ISO_8859_1), e);
            }
            assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                    .as(() -> new String(changed, StandardCharsets.ISO_8859_1))
                    .isLessThan(ALLOWED);
        }
        assertThat(refused).as("refused, with %d read", read).isPositive();
    }

    /** Puts a piece in the place of a value, repeats or leaves out a part, or flips bits. */
    private String mutated(String file) {
        String text = file.substring(0, file.lastIndexOf(",\n  \"checksum\""));
        for (int i = random.nextInt(3); i >= 0; i--) {
            int from = random.nextInt(text.length());
            int to = Math.min(text.length(), from + random.nextInt(40));
            switch (random.nextInt(5)) {
                case 0, 1 -> text = withValue(text);
                case 2 -> text = text.substring(0, from) + text.substring(to);
                case 3 ->
                    text = text.substring(0, to)
                            + text.substring(from, to).repeat(random.nextInt(50))
                            + text.substring(to);
                default ->
                    text = text.substring(0, from)
                            + (char) (text.charAt(from) ^ 1 << random.nextInt(8))
                            + text.substring(from + 1);
            }
            if (text.isEmpty()) {
                return "{";
            }
        }
        return text;
    }

    private String withValue(String text) {
        List<Integer> values = new ArrayList<>();
        for (int at = text.indexOf(" : "); at >= 0; at = text.indexOf(" : ", at + 1)) {
            values.add(at + 3);
        }
        if (values.isEmpty()) {
            return text;
        }
        int from = values.get(random.nextInt(values.size()));
        int to = from;
        while (to < text.length() && ",\n".indexOf(text.charAt(to)) < 0) {
            to++;
        }
        return text.substring(0, from) + PIECES[random.nextInt(PIECES.length)] + text.substring(to);
    }

    private static byte[] resealed(String body) {
        String zeros = "0".repeat(64);
        byte[] file = (body + ",\n  \"checksum\" : \"" + zeros + "\"\n}\n").getBytes(StandardCharsets.ISO_8859_1);
        String sum = Sha256.of(file);
        return (body + ",\n  \"checksum\" : \"" + sum + "\"\n}\n").getBytes(StandardCharsets.ISO_8859_1);
    }
}
