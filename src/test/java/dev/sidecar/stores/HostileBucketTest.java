package dev.sidecar.stores;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpServer;
import dev.sidecar.secrets.Secret;
import dev.sidecar.stores.StoreProperties.S3;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A bucket whose owner fills it, or whose server answers what no honest one does. */
class HostileBucketTest {

    private static final String LIST = "<ListBucketResult><Name>b</Name><IsTruncated>true</IsTruncated>"
            + "<NextContinuationToken>more</NextContinuationToken>";

    private final AtomicLong sent = new AtomicLong();
    private HttpServer server;
    private S3Store store;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.start();
        store = new S3Connection(Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofMinutes(1), 1)
                .open(new S3(
                        "bucket",
                        "http://127.0.0.1:" + server.getAddress().getPort(),
                        "us-east-1",
                        "key",
                        Secret.of("secret"),
                        ""));
    }

    @AfterEach
    void stop() {
        store.close();
        server.stop(0);
    }

    private interface Answer {
        void writeTo(OutputStream out) throws IOException;
    }

    private void answer(int status, Answer answer) {
        server.createContext("/", exchange -> {
            exchange.getResponseHeaders().set("Content-Type", "application/xml");
            exchange.sendResponseHeaders(status, 0);
            try (OutputStream out = exchange.getResponseBody()) {
                answer.writeTo(out);
            }
        });
    }

    private void write(OutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(UTF_8);
        out.write(bytes);
        sent.addAndGet(bytes.length);
    }

    private static String object(String key) {
        return "<Contents><Key>" + key
                + "</Key><LastModified>2026-11-28T00:00:00Z</LastModified><Size>1</Size></Contents>";
    }

    @Test
    void aListThatGoesOnForEverEndsInARefusal() {
        answer(200, out -> write(out, LIST + object("app/1").repeat(1_000) + "</ListBucketResult>"));

        assertThatThrownBy(() -> store.list("")).hasMessageContaining("holds more than 100000 objects");
        assertThatThrownBy(() -> new BucketSource(store).list()).hasMessageContaining("holds more than 100000 files");
    }

    /** A key may have 1,024 letters, and a hundred thousand of them fill our memory. */
    @Test
    void keysThatAreAllTooLongEndInARefusal() {
        answer(200, out -> write(out, LIST + object("k".repeat(1_000)).repeat(1_000) + "</ListBucketResult>"));

        assertThatThrownBy(() -> store.list("")).hasMessageContaining("keys are too long");
        assertThatThrownBy(() -> new BucketSource(store).list()).hasMessageContaining("keys are too long");
        assertThat(sent.get()).isLessThan(50_000_000);
    }

    @Test
    void onePageWithoutEndEndsInARefusal() {
        answer(200, out -> {
            write(out, LIST);
            String many = object("app/1").repeat(1_000);
            for (int i = 0; i < 1_000; i++) {
                write(out, many);
            }
        });

        assertThatThrownBy(() -> store.list("")).isInstanceOf(IOException.class);
        assertThat(sent.get()).isLessThan(20_000_000);
    }

    @Test
    void theWordsOfAnErrorAreText() {
        answer(
                403,
                out -> write(
                        out,
                        "<Error><Code>Denied\nlevel=error \u202e&#x9b;2J" + "x".repeat(500)
                                + "</Code><Message>m</Message></Error>"));

        String message = String.valueOf(catchThrowable(() -> store.list("")).getMessage());

        assertThat(message)
                .contains("HTTP 403 Denied")
                .doesNotContain("\n", "\u202e", "\u009b")
                .hasSizeLessThan(300);
    }
}
