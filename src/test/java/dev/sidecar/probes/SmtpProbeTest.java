package dev.sidecar.probes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.sidecar.support.TestCertificate;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a mail server that begins TLS when it is asked: what is secret is said only then. */
class SmtpProbeTest {

    private static SSLContext tls;

    private final List<String> inClear = new CopyOnWriteArrayList<>();
    private final List<String> encrypted = new CopyOnWriteArrayList<>();
    private volatile String offers = "250 AUTH PLAIN LOGIN";
    private volatile String login = "235 ok";
    private ServerSocket server;

    @BeforeAll
    static void certificate(@TempDir Path directory) throws Exception {
        tls = TestCertificate.tls(directory, "mail");
    }

    @BeforeEach
    void start() throws IOException {
        server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(this::serve, "mail");
        thread.setDaemon(true);
        thread.start();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private void serve() {
        while (!server.isClosed()) {
            try (Socket client = server.accept()) {
                say(client, "220 mail.example.org ready");
                for (String line = line(client.getInputStream());
                        !line.isEmpty();
                        line = line(client.getInputStream())) {
                    inClear.add(line);
                    say(client, line.startsWith("EHLO") ? "250-mail\r\n250 STARTTLS" : "220 go ahead");
                    if (line.equals("STARTTLS")) {
                        inTls(client);
                        break;
                    }
                }
            } catch (IOException e) {
                // The client has hung up.
            }
        }
    }

    private void inTls(Socket client) throws IOException {
        try (SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket(client, null, client.getPort(), true)) {
            socket.setUseClientMode(false);
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                encrypted.add(line);
                say(
                        socket,
                        line.startsWith("EHLO")
                                ? "250-mail\r\n" + offers
                                : line.startsWith("AUTH PLAIN")
                                        ? login
                                        : line.startsWith("AUTH LOGIN") || encrypted.size() == 3
                                                ? "334 go on"
                                                : line.equals("QUIT") ? "221 bye" : login);
            }
        }
    }

    /** Byte by byte: what follows is TLS. */
    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
            line.append((char) next);
        }
        return line.toString().strip();
    }

    private static void say(Socket client, String reply) throws IOException {
        client.getOutputStream().write((reply + "\r\n").getBytes(StandardCharsets.UTF_8));
        client.getOutputStream().flush();
    }

    private SmtpProbe probe(SSLSocketFactory trust) {
        return new SmtpProbe(
                "127.0.0.1", server.getLocalPort(), true, "alerts", "secret-mail", Duration.ofSeconds(20), trust);
    }

    @Test
    void theLoginIsSaidInTlsOnly() throws IOException {
        assertThat(probe(tls.getSocketFactory()).call())
                .isEqualTo("greets with \"220 mail.example.org ready\", STARTTLS, login accepted");
        assertThat(inClear).containsExactly("EHLO sidecar.local", "STARTTLS");
        // "\0alerts\0secret-mail"
        assertThat(encrypted).containsExactly("EHLO sidecar.local", "AUTH PLAIN AGFsZXJ0cwBzZWNyZXQtbWFpbA==", "QUIT");
    }

    @Test
    void aServerThatKnowsNoPlainGetsUserAndPasswordOneByOne() throws IOException {
        offers = "250 AUTH LOGIN";

        assertThat(probe(tls.getSocketFactory()).call()).endsWith("login accepted");
        assertThat(encrypted)
                .containsExactly("EHLO sidecar.local", "AUTH LOGIN", "YWxlcnRz", "c2VjcmV0LW1haWw=", "QUIT");
    }

    @Test
    void aRefusalHoldsNoPassword() {
        login = "535 5.7.8 bad credentials: AGFsZXJ0cwBzZWNyZXQtbWFpbA== for alerts and secret-mail";

        assertThatIOException()
                .isThrownBy(() -> probe(tls.getSocketFactory()).call())
                .withMessage("it refused the login with 535");
    }

    @Test
    void whoIsNotTrustedGetsNoPassword() {
        assertThatExceptionOfType(SSLException.class)
                .isThrownBy(() ->
                        probe((SSLSocketFactory) SSLSocketFactory.getDefault()).call());
        assertThat(encrypted).isEmpty();
        assertThat(inClear).noneMatch(line -> line.contains("AUTH"));
    }
}
