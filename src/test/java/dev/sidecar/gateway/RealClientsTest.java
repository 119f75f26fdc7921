package dev.sidecar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.Programs;
import dev.sidecar.support.UnixUser;
import io.micrometer.core.instrument.Counter;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
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

    private static final String GO = """
            package main
            import ("fmt"; "io"; "net/http"; "os")
            func main() {
                for _, url := range os.Args[1:] {
                    answer, err := http.Get(url)
                    var size int64
                    if err == nil {
                        size, err = io.Copy(io.Discard, answer.Body)
                        answer.Body.Close()
                    }
                    if err == nil { fmt.Println(url, size) } else { fmt.Println(url, "broken") }
                }
            }
            """;

    /** Go's server answers before it has read a body, closes the connection of one that is large, and sends hints and trailers. */
    private static final String GO_API = """
            package main
            import ("crypto/sha256"; "fmt"; "io"; "net"; "net/http")
            func main() {
                http.HandleFunc("/early", func(w http.ResponseWriter, r *http.Request) {
                    http.Error(w, "too large", http.StatusRequestEntityTooLarge)
                })
                http.HandleFunc("/sum", func(w http.ResponseWriter, r *http.Request) {
                    w.Header().Set("Trailer", "X-Sum")
                    w.Header().Set("Link", "</a>; rel=preload")
                    w.WriteHeader(http.StatusEarlyHints)
                    sum := sha256.New()
                    size, err := io.Copy(sum, r.Body)
                    fmt.Fprintf(w, "%d %v %s", size, err, r.Trailer.Get("X-Client"))
                    w.(http.Flusher).Flush()
                    w.Header().Set("X-Sum", fmt.Sprintf("%x", sum.Sum(nil)))
                })
                listening, err := net.Listen("tcp", "127.0.0.1:0")
                if err != nil { panic(err) }
                fmt.Println("port", listening.Addr().(*net.TCPAddr).Port)
                http.Serve(listening, nil)
            }
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
    @Tag("go")
    void go() throws IOException {
        List<String> arguments = script("run", source(GO).toString());
        judge(said("go", arguments, line -> line));
    }

    @Test
    @Tag("go")
    void anApiInGo() throws Exception {
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        Path program = folder.resolve("api");
        Programs.run(
                folder,
                "go",
                List.of("build", "-o", program.toString(), source(GO_API).toString()));
        String body = "9\r\nsome text\r\n".repeat(20_000);
        try (var api = ChildProcess.start("api", UnixUser.same(), Map.of(), lines::add, List.of(program.toString()))) {
            String port = String.valueOf(lines.poll(1, TimeUnit.MINUTES)).substring("port ".length());
            try (var before = GatewayServer.before(Integer.parseInt(port));
                    var client = before.connect();
                    var refused = before.connect()) {
                client.send("POST /sum HTTP/1.1\r\nHost: a\r\nTrailer: X-Client\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + body + "0\r\nX-Client: go\r\n\r\n");
                assertThat(client.head()).startsWith("HTTP/1.1 103 ").contains("Link: </a>; rel=preload");
                assertThat(client.head()).startsWith("HTTP/1.1 200 ");
                String answer = "180000 <nil> go";
                assertThat(client.body("f\r\n".length() + answer.length() + 2)).contains(answer);
                assertThat(client.head()).matches("0\r\nX-Sum: [0-9a-f]{64}\r\n\r\n");

                assertThat(client.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
                                .message())
                        .startsWith("HTTP/1.1 413 ")
                        .endsWith("too large\n");
                refused.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n");
                refused.send("x".repeat(3_000_000));
                assertThat(refused.message()).startsWith("HTTP/1.1 413 ").endsWith("too large\n");
                assertThat(before.registry.find("sidecar.gateway.failures").counters().stream()
                                .mapToDouble(Counter::count)
                                .sum())
                        .isZero();
            }
        }
    }

    private Path source(String program) throws IOException {
        return Files.writeString(folder.resolve("main.go"), program);
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
