package dev.sidecar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.Programs;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The clients that people use see an answer that broke off as an error, and a whole one as whole, however its end is told. */
class RealClientsTest {

    private static final int SIZE = 100_000;

    /** How the end of the body is told, as a path of the API; then how it comes. */
    private static final List<String> ENDS = List.of(
            "length/whole",
            "length/ended",
            "length/reset",
            "length/stalled",
            "chunks/whole",
            "chunks/ended",
            "chunks/reset",
            "chunks/stalled",
            "connection/whole",
            "connection/reset",
            "connection/stalled");

    /** Piece by piece, as downloads are written to files: that is where a length that is not reached goes unnoticed. */
    private static final String PYTHON = """
            import shutil, sys, urllib.request
            class Count:
                size = 0
                def write(self, piece):
                    self.size += len(piece)
            for url in sys.argv[1:]:
                count = Count()
                try:
                    with urllib.request.urlopen(url) as answer:
                        shutil.copyfileobj(answer, count)
                    print(url, count.size)
                except OSError:
                    print(url, "broken")
                except Exception as e:
                    print(url, "broken" if "Incomplete" in type(e).__name__ else repr(e))
            """;

    private static final String NODE = """
            const http = require('http');
            const ask = url => new Promise(done => {
              http.get(url, {agent: false}, answer => {
                let size = 0;
                answer.on('data', piece => size += piece.length);
                answer.on('end', () => done(answer.complete ? size : 'broken'));
                answer.on('error', () => done('broken'));
              }).on('error', () => done('broken'));
            });
            (async () => { for (const url of process.argv.slice(1)) console.log(url, await ask(url)); })();
            """;

    @TempDir
    private Path folder;

    private RawUpstream upstream;
    private GatewayServer gateway;
    private GatewayServer impatient;

    @BeforeEach
    void start() {
        upstream = new RawUpstream((connection, number) -> {
            String asked = connection.head().split(" ")[1];
            boolean chunks = asked.startsWith("/chunks");
            boolean whole = asked.endsWith("whole");
            String told = asked.startsWith("/length")
                    ? "Content-Length: " + SIZE + "\r\n"
                    : chunks ? "Transfer-Encoding: chunked\r\n" : "";
            int size = whole ? SIZE : SIZE / 2;
            connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n" + told + "\r\n"
                    + (chunks ? Integer.toHexString(size) + "\r\n" : "")
                    + "x".repeat(size)
                    + (chunks ? "\r\n" : "")
                    + (chunks && whole ? "0\r\n\r\n" : ""));
            if (asked.endsWith("stalled")) {
                connection.read();
            }
            if (asked.endsWith("reset")) {
                connection.socket.setSoLinger(true, 0);
            }
            connection.close();
        });
        gateway = GatewayServer.before(upstream.port());
        // Only for what stalls: a slow machine would break off what is whole.
        impatient = GatewayServer.before(upstream.port(), "timeouts.idle", "200ms");
    }

    @AfterEach
    void stop() {
        gateway.close();
        impatient.close();
        upstream.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http1.0"})
    void curl(String version) {
        String what = "%{url_effective} %{exitcode} %{size_download}\n";
        List<String> arguments = new ArrayList<>(List.of("-s", "--no-keepalive", version, "-w", what));
        ENDS.forEach(end -> arguments.addAll(List.of("-o", "/dev/null", url(end))));

        judge(said("curl", arguments, line -> line.startsWith("0 ") ? line.substring(2) : "broken"));
    }

    @Test
    void python() {
        judge(said("python3", script("-c", PYTHON), line -> line));
    }

    @Test
    @Tag("node")
    void node() {
        judge(said("node", script("-e", NODE), line -> line));
    }

    @Test
    void java() throws Exception {
        Map<String, String> seen = new TreeMap<>();
        HttpClient client = HttpClient.newHttpClient();
        for (String end : ENDS) {
            try (InputStream body = client.send(
                            HttpRequest.newBuilder(URI.create(url(end))).build(), BodyHandlers.ofInputStream())
                    .body()) {
                seen.put(end, String.valueOf(body.readAllBytes().length));
            } catch (IOException e) {
                seen.put(end, "broken");
            }
        }
        judge(seen);
    }

    private String url(String end) {
        int port = (end.endsWith("stalled") ? impatient : gateway).port();
        return "http://127.0.0.1:" + port + "/" + end;
    }

    private List<String> script(String option, String script) {
        List<String> arguments = new ArrayList<>(List.of(option, script));
        ENDS.forEach(end -> arguments.add(url(end)));
        return arguments;
    }

    /** Runs a client that prints a line for each address: that, and what became of it. */
    private Map<String, String> said(String program, List<String> arguments, Function<String, String> reading) {
        Map<String, String> seen = new TreeMap<>();
        String output = Programs.run(folder, program, arguments).output();
        for (String line : output.split("\n")) {
            int space = line.indexOf(' ');
            assertThat(line).as(output).matches("http://127\\.0\\.0\\.1:\\d+/\\w+/\\w+ .+");
            seen.put(
                    line.substring(line.indexOf('/', "http://".length()) + 1, space),
                    reading.apply(line.substring(space + 1)));
        }
        return seen;
    }

    private void judge(Map<String, String> seen) {
        Map<String, String> right = new TreeMap<>();
        ENDS.forEach(end -> right.put(end, end.endsWith("whole") ? String.valueOf(SIZE) : "broken"));

        assertThat(seen).isEqualTo(right);
        assertThat(gateway.failures(FailureReason.TRUNCATED)).isEqualTo(5);
        assertThat(impatient.failures(FailureReason.STALLED)).isEqualTo(3);
    }
}
