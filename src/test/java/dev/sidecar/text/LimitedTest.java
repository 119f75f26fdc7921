package dev.sidecar.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import org.junit.jupiter.api.Test;

class LimitedTest {

    @Test
    void keepsTheBeginningAndReadsTheRest() throws IOException {
        InputStream in = bytes("0123456789");

        assertThat(Limited.beginning(in, 4)).isEqualTo("0123… (6 more bytes)");
        assertThat(in.read()).isEqualTo(-1);
        assertThat(Limited.beginning(bytes("0123"), 4)).isEqualTo("0123");
    }

    @Test
    void refusesAWholeThatIsTooLong() throws IOException {
        assertThat(Limited.whole(bytes("0123"), 4)).hasSize(4);
        assertThatThrownBy(() -> Limited.whole(bytes("01234"), 4)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> Limited.whole(endless(), 1024)).hasMessage("longer than 1.0 kB");
    }

    @Test
    void skipsTheRestOfALongLine() throws IOException {
        StringReader in = new StringReader("abcdef\n\nxy");

        assertThat(Limited.line(in, 3)).isEqualTo("abc");
        assertThat(Limited.line(in, 3)).isEmpty();
        assertThat(Limited.line(in, 3)).isEqualTo("xy");
        assertThat(Limited.line(in, 3)).isNull();
    }

    @Test
    void aBufferTakesNoMoreThanItsLimit() {
        var buffer = Limited.buffer(4);
        buffer.writeBytes("0123".getBytes(UTF_8));

        assertThatThrownBy(() -> buffer.write('4')).isInstanceOf(UncheckedIOException.class);
        assertThat(buffer.toString(UTF_8)).isEqualTo("0123");
    }

    @Test
    void keepsTheBeginningOfAnAnswer() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            for (int i = 0; i < 100; i++) {
                exchange.getResponseBody().write(new byte[100_000]);
            }
            exchange.close();
        });
        server.start();
        try {
            URI address = URI.create("http://127.0.0.1:" + server.getAddress().getPort());

            assertThat(HttpClient.newHttpClient()
                            .send(HttpRequest.newBuilder(address).build(), Limited.body(4096))
                            .body())
                    .hasSize(4096);
        } finally {
            server.stop(0);
        }
    }

    private static InputStream bytes(String text) {
        return new ByteArrayInputStream(text.getBytes(UTF_8));
    }

    private static InputStream endless() {
        return new InputStream() {
            @Override
            public int read() {
                return 'x';
            }
        };
    }
}
