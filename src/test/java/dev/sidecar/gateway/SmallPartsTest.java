package dev.sidecar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each part of a message is an object until it is sent. What one read brings must not become thousands of them. */
class SmallPartsTest {

    private static final int READ = 64 * 1024;
    private static final String REQUEST = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    private static final String ANSWER = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    private static final String LAST = "0\r\nX-Sum: 1\r\n\r\n";

    @Test
    void smallChunksOfOneReadAreOnePart() {
        String body = "abcdefghi".repeat(READ / 9 / 6);
        String chunks = body.chars().mapToObj(c -> "1\r\n" + (char) c + "\r\n").reduce("", String::concat);

        assertThat(parts(new StrictRequestDecoder(READ), REQUEST + chunks + LAST))
                .containsExactly("head", body, "", "X-Sum");
        assertThat(parts(new UpstreamResponseDecoder(), ANSWER + chunks + LAST))
                .containsExactly("head", body, "", "X-Sum");
    }

    @Test
    void largeChunksStayAsTheyAreAndAllKeepTheirOrder() {
        String large = "x".repeat(2_000);
        String body = "1\r\na\r\n1\r\nb\r\n7d0\r\n" + large + "\r\n1\r\nc\r\n7d0\r\n" + large + "\r\n";

        assertThat(parts(new StrictRequestDecoder(READ), REQUEST + body + LAST))
                .containsExactly("head", "ab", large, "c", large, "", "X-Sum");
    }

    @Test
    void aBadChunkBehindGoodOnesIsStillFound() {
        List<String> parts = parts(new StrictRequestDecoder(READ), REQUEST + "1\r\na\r\n1\r\nb\r\n0x1\r\nc\r\n");

        assertThat(parts).startsWith("head", "ab").endsWith("bad");
    }

    @Test
    void theNextRequestWaitsUntilThisOneIsAnswered() {
        StrictRequestDecoder decoder = new StrictRequestDecoder(READ);
        String request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

        assertThat(parts(decoder, request.repeat(1_000))).containsExactly("head", "");
        assertThat(decoder.holdsBytes()).isTrue();
    }

    private static List<String> parts(ChannelHandler decoder, String bytes) {
        EmbeddedChannel channel = new EmbeddedChannel(decoder);
        channel.writeInbound(Unpooled.copiedBuffer(bytes, StandardCharsets.US_ASCII));
        List<String> parts = new ArrayList<>();
        for (Object read = channel.readInbound(); read != null; read = channel.readInbound()) {
            if (read instanceof HttpMessage) {
                parts.add("head");
            } else if (read instanceof HttpContent part) {
                parts.add(
                        part.decoderResult().isFailure()
                                ? "bad"
                                : part.content().toString(StandardCharsets.US_ASCII));
                if (part instanceof LastHttpContent last) {
                    parts.addAll(last.trailingHeaders().names());
                }
                part.release();
            }
        }
        return parts;
    }
}
