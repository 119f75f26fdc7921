package dev.sidecar.sets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompressionTest {

    private static final byte[] ROWS =
            "a row, and the next one\n".repeat(500_000).getBytes();

    private static byte[] read(byte[] file) throws IOException {
        try (InputStream in = Compression.decompress(new ByteArrayInputStream(file), "rows.zst")) {
            return in.readAllBytes();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 19})
    void whatEveryLevelWritesIsRead(int level) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        try (OutputStream out =
                TestSets.compression(Map.of("compression.level", level)).compress(file)) {
            out.write(ROWS);
        }

        assertThat(read(file.toByteArray())).isEqualTo(ROWS);
    }

    /** A hundred bytes of a stranger's, in the place of ours, that take 128 MB to be read. */
    @Test
    void aFileThatAsksForMoreMemoryThanOursIsRefused() throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        try (OutputStream out = new ZstdOutputStreamNoFinalizer(file).setLong(27)) {
            out.write(ROWS);
        }

        assertThatThrownBy(() -> read(file.toByteArray())).isInstanceOf(IOException.class);
    }
}
