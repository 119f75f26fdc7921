package dev.sidecar.stores;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.sun.net.httpserver.HttpServer;
import dev.sidecar.secrets.Secret;
import dev.sidecar.stores.StoreProperties.S3;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A bucket whose owner fills it, or whose server answers what no honest one does. */
class HostileBucketTest {

    private static final String LIST = "<ListBucketResult><Name>b</Name><IsTruncated>true</IsTruncated>"
            + "<NextContinuationToken>more</NextContinuationToken>";

    /** How long an answer may take, and a list, and a file. */
    private static final Duration HASTY = Duration.ofSeconds(2);

    private final AtomicLong sent = new AtomicLong();
    private HttpServer server;
    private S3Store store;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.start();
        store = connect("", Duration.ofMinutes(1));
    }

    private S3Store connect(String prefix, Duration longest) {
        return new S3Connection(Duration.ofSeconds(5), Duration.ofSeconds(10), longest, 1)
                .open(new S3(
                        "bucket",
                        "http://127.0.0.1:" + server.getAddress().getPort(),
                        "us-east-1",
                        "key",
                        Secret.of("secret"),
                        prefix));
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

    /** Pages without a single object have no end that counting objects would find. */
    @Test
    void pagesWithoutObjectsEndInARefusal() {
        answer(200, out -> write(out, LIST + "</ListBucketResult>"));

        assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            try (S3Store hasty = connect("", HASTY)) {
                assertThatThrownBy(() -> hasty.list("")).isInstanceOf(IOException.class);
                assertThatThrownBy(() -> new BucketSource(hasty).list()).isInstanceOf(IOException.class);
            }
        });
    }

    @Test
    void brokenUploadsWithoutEndEndTheSweep() {
        answer(
                200,
                out -> write(
                        out,
                        "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker>"
                                + "<NextUploadIdMarker>u</NextUploadIdMarker><Upload><Key>a</Key><UploadId>u</UploadId>"
                                + "</Upload></ListMultipartUploadsResult>"));

        assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            try (S3Store hasty = connect("", HASTY)) {
                hasty.sweep("");
            }
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 403})
    void anAnswerThatIsNestedTooDeeplyIsARefusal(int status) {
        answer(status, out -> write(out, LIST + "<a>".repeat(1_000_000)));

        assertThatThrownBy(() -> store.list(""))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("nested too deeply");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<Contents></Contents>",
                "<Contents><Key>prefix/a</Key></Contents>",
                "<Contents><Key>p</Key><Size>1</Size></Contents>",
                "<Contents><Key>prefix/a</Key><Size>one</Size></Contents>"
            })
    void anObjectWithoutWhatEachHasIsARefusal(String object) {
        answer(200, out -> write(out, "<ListBucketResult>" + object + "</ListBucketResult>"));

        try (S3Store below = connect("prefix/", HASTY)) {
            assertThatThrownBy(() -> below.list("")).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> new BucketSource(below).list()).isInstanceOf(IOException.class);
        }
    }

    @Test
    void anObjectThatDoesNotSayHowLongItIsIsNotRead() {
        answer(200, out -> write(out, "without a length"));

        assertThatThrownBy(() -> store.open("key"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("does not say how long it is");
    }

    /** It is never silent for long, and never done. */
    @Test
    void anObjectThatComesByteForByteEndsInARefusal() {
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 1_000_000);
            try (OutputStream out = exchange.getResponseBody()) {
                for (int i = 0; i < 1_000_000; i++) {
                    out.write('x');
                    out.flush();
                    LockSupport.parkNanos(10_000_000);
                }
            }
        });

        assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            try (S3Store hasty = connect("", HASTY);
                    InputStream in = hasty.open("key")) {
                assertThatThrownBy(in::readAllBytes).isInstanceOf(IOException.class);
            }
        });
    }

    /** An address in the network of the sidecar would be asked with its right to be there. */
    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void noRedirectIsFollowed(int status) throws IOException {
        AtomicLong asked = new AtomicLong();
        HttpServer inside = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        inside.createContext("/", exchange -> {
            asked.incrementAndGet();
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        inside.start();
        server.createContext("/", exchange -> {
            exchange.getResponseHeaders()
                    .set("Location", "http://127.0.0.1:" + inside.getAddress().getPort() + "/");
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });

        assertThatThrownBy(() -> store.list("")).hasMessageContaining("HTTP " + status);
        assertThatThrownBy(() -> store.open("key")).hasMessageContaining("HTTP " + status);
        assertThat(asked).hasValue(0);
        inside.stop(0);
    }

    @Test
    void entitiesOfAnErrorAreNotExpanded(@TempDir Path folder) throws IOException {
        Path secret = Files.writeString(folder.resolve("secret"), "canary");
        StringBuilder bomb = new StringBuilder("<!DOCTYPE x [<!ENTITY e0 \"0123456789\">");
        for (int i = 1; i < 10; i++) {
            bomb.append(
                    "<!ENTITY e%d \"%s\">".formatted(i, "&e%d;".formatted(i - 1).repeat(10)));
        }
        bomb.append("<!ENTITY file SYSTEM \"file://%s\">]><Error><Code>&file;&e9;</Code></Error>".formatted(secret));
        answer(403, out -> write(out, bomb.toString()));

        assertThatThrownBy(() -> store.list(""))
                .hasMessageContaining("HTTP 403")
                .hasMessageNotContaining("canary");
    }
}
