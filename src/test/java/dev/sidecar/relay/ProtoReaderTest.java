package dev.sidecar.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the relay does not know, it passes over as a whole: clients send more than it reads. */
class ProtoReaderTest {

    private static final int MINUTE = 60_000;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 127, 128, 70_000})
    void aFieldThatIsPassedOverIsPassedOverWhole(int length) throws Exception {
        ProtoReader in = new ProtoReader(new ProtoWriter()
                .text(7, "x".repeat(length))
                .varint(8, length)
                .fixed64(9, length)
                .text(1, "after")
                .toBytes());
        for (int field : List.of(7, 8, 9)) {
            assertThat(in.next()).isEqualTo(field);
            in.skip();
        }

        assertThat(in.next()).isEqualTo(1);
        assertThat(in.text()).isEqualTo("after");
        assertThat(in.next()).isZero();
    }

    /** A client of Prometheus pushes them once a minute: of each metric its type and help. */
    @Test
    void metadataCostNothingOfThePush() throws Exception {
        byte[] samples = Samples.node("node_load1", 1, MINUTE).bytes();
        ProtoWriter metadata = new ProtoWriter();
        for (String metric : List.of("node_load1", "node_memory_MemAvailable_bytes")) {
            metadata.message(3, new ProtoWriter().varint(1, 2).text(2, metric).text(4, "Help. ".repeat(40)));
        }

        assertThat(clean(metadata.toBytes()).accepted()).isZero();
        assertThat(clean(concat(metadata.toBytes(), samples)).accepted()).isEqualTo(1);
    }

    private static Cleaned clean(byte[] message) throws Malformed {
        return new PushedSamples("staging", "web-1", new Distinct(10), MINUTE).clean(message);
    }

    private static byte[] concat(byte[] one, byte[] other) {
        byte[] both = java.util.Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }
}
