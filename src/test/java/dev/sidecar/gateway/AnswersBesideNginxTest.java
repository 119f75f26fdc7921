package dev.sidecar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.FreePort;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Generated answers through the gateway and through nginx: what the client gets is the same, or the difference has a reason. Whatever an
 * answer was, the next one is not part of it.
 */
class AnswersBesideNginxTest {

    private static final int SAMPLES = 500;
    private static final long SEED = 17;
    private static final Pattern SAMPLE = Pattern.compile("X-Sample: (\\d+)");
    private static final String NEXT = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext";
    private static final String REFUSED = "refused";
    private static final String BROKEN = "broken off";

    private static final List<String> LINES = List.of(
            "HTTP/1.1 200 OK",
            "HTTP/1.1 200 OK",
            "HTTP/1.1 200 OK",
            "HTTP/1.1 404 \u00fc\u00c3",
            "HTTP/1.0 200 OK",
            "HTTP/1.1 204 No",
            "HTTP/1.1 304 No",
            "HTTP/1.1 205 Reset",
            "HTTP/1.1 200",
            "HTTP/2.0 200 OK",
            "HTTP/1.1  200 OK",
            "HTTP/1.1 999 OK",
            "HTTP/1.1 2000 OK",
            "HTTP/1.1 20 OK",
            "HTTP/1.1 099 OK",
            "HTTP/1.1 +200 OK",
            "HTTP/1.1\t200 OK",
            " HTTP/1.1 200 OK",
            "http/1.1 200 OK",
            "HTTP/1.1 200 O\u0000K");
    private static final List<String> COUNTED = List.of(
            "Content-Length: 2\r\n",
            "Content-Length: 02\r\n",
            "Content-Length: 1\r\n",
            "Content-Length: 0\r\n",
            "Content-Length: 3\r\n",
            "Content-Length: 2\r\nContent-Length: 2\r\n",
            "Content-Length: 2\r\nContent-Length: 3\r\n",
            "Content-Length: +2\r\n",
            "Content-Length:\r\n",
            "Transfer-Encoding: identity\r\nContent-Length: 2\r\n",
            "Transfer-Encoding: gzip\r\nContent-Length: 2\r\n",
            "Transfer-Encoding: gzip\r\n",
            "Transfer-Encoding: identity\r\n",
            "");
    private static final List<String> CHUNKED = List.of(
            "Transfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Transfer-Encoding: CHUNKED \r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 12\r\n",
            "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: chunked, chunked\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n");
    private static final List<String> CHUNKS = List.of(
            "2\r\nok\r\n0\r\n\r\n",
            "2\r\nok\r\n0\r\n\r\n",
            "1;a=b\r\no\r\n01\r\nk\r\n00\r\n\r\n",
            "2\r\nok\r\n0\r\nX-T: a\r\n\r\n",
            "2\r\nok\r\n0\r\nBad Name: a\r\n\r\n",
            "2\r\nok\r\n0\r\nX-T: a\r\n b\r\n\r\n",
            "2\r\nok\r\n0\r\nConnection: close\r\nX-Request-ID: evil\r\n\r\n",
            "2 \r\nok\r\n0\t \r\n\r\n",
            "1;\r\no\r\n1 ;\u00e9\r\nk\r\n0 \r\n\r\n",
            "2\nok\n0\n\n",
            "0x2\r\nok\r\n0\r\n\r\n",
            "3\r\nok\r\n0\r\n\r\n",
            "1\r\nok\r\n0\r\n\r\n",
            "2\r\nok\r\n0\r\n\r\nextra",
            "2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nX-A: ",
            "2\r\nok\r\n");
    private static final List<String> HEADERS = List.of(
            "X-A: b\r\n",
            "X-A: b\n",
            "Set-Cookie: a=b\r\nX-A: c\r\nset-cookie: d=e\r\n",
            "Content-Encoding: br\r\nETag: W/\"\u00fc\u00c3\"\r\n",
            "X-A : b\r\n",
            "X A: b\r\n",
            "X_A: b\r\n",
            "X-A: b\r\n c\r\n",
            "X-A\r\n",
            "X-A: \u0001\r\n",
            "X-A: a\rb\r\n",
            "X-A:\r\n",
            "Connection: X-A\r\nX-A: b\r\n",
            "");

    /** The gateway refuses or breaks off what nginx passes on. */
    private static final Map<String, Predicate<String>> STRICTER = Map.of(
            "a first line that is none: nginx takes all of it for a body without a head",
                    answer -> !answer.matches("(?s)HTTP/\\d\\.\\d +[1-9]\\d\\d( [^\u0000]*)?\r\n.*"),
            "a header that is none, which nginx rewrites or leaves out, in the head or in the trailers",
                    answer -> answer.contains("X-A : ")
                            || answer.contains("X A: ")
                            || answer.contains("\r\nX-A\r\n")
                            || answer.contains("\r\n c\r\n")
                            || answer.contains("\r\n b\r\n")
                            || answer.contains("Bad Name"),
            "a control character, which some programs end a header at",
                    answer -> answer.contains("\u0001") || answer.contains("a\rb"),
            "a length that is none, or two: nginx reads on to the end of the connection, or takes the last",
                    answer -> answer.contains("+2")
                            || answer.contains("Length:\r\n")
                            || answer.contains("Length: 2\r\nContent-Length: 3"),
            "a coding that nobody asked for, whose name nginx takes from the body",
                    answer -> answer.contains("gzip")
                            || answer.contains("xchunked")
                            || answer.matches("(?s).*chunked.*chunked.*"),
            "chunks whose sizes are not written as the standard does; one byte more or less would make two answers of one",
                    answer -> answer.contains("\r\n2\nok") || answer.contains("\r\n3\r\nok"));

    /** Both pass it on, and the client gets another answer. */
    private static final Map<String, Predicate<String>> OTHER = Map.of(
            "what Connection names is for the gateway alone (RFC 9110, 7.6.1)",
                    answer -> answer.contains("Connection: X-A"),
            "nginx leaves all trailers out", answer -> answer.contains("X-T: a"),
            "a 205 has no body (RFC 9110, 15.3.6)", answer -> answer.startsWith("HTTP/1.1 205"));

    @Test
    void everyDifferenceHasAReason(@TempDir Path folder) throws Exception {
        List<String> answers = answers();
        List<String> unexplained = new ArrayList<>();
        int passed = 0;
        int nginxPort = FreePort.get();
        try (var upstream = answering(answers);
                var gateway = GatewayServer.before(upstream.port());
                var nginx = PlainNginx.before(upstream.port(), nginxPort, folder)) {
            for (int i = 0; i < answers.size(); i++) {
                String got = seen(gateway.port(), i);
                String nginxGot = seen(nginxPort, i);
                boolean whole = !got.equals(REFUSED) && !got.equals(BROKEN);
                passed += whole ? 1 : 0;
                String answer = answers.get(i);
                boolean explained = got.equals(nginxGot)
                        || (whole ? OTHER : STRICTER).values().stream().anyMatch(reason -> reason.test(answer));
                if (!explained) {
                    unexplained.add("%s: gateway %s, nginx %s".formatted(shown(answer), shown(got), shown(nginxGot)));
                }
            }
            assertThat(gateway.inFlight()).isZero();
        }
        assertThat(unexplained.stream().distinct()).isEmpty();
        assertThat(passed).as("answers that reach the client").isGreaterThan(SAMPLES / 5);
    }

    private static List<String> answers() {
        Random random = new Random(SEED);
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < SAMPLES; i++) {
            boolean chunked = random.nextBoolean();
            String line = random.nextInt(3) == 0 ? any(LINES, random) : LINES.get(0);
            String header = random.nextInt(3) == 0 ? any(HEADERS, random) : "";
            String end = any(chunked ? CHUNKED : COUNTED, random);
            answers.add(line + "\r\n" + header + end + "\r\n" + (chunked ? any(CHUNKS, random) : "ok"));
        }
        return answers;
    }

    private static String any(List<String> of, Random random) {
        return of.get(random.nextInt(of.size()));
    }

    /** Answers a numbered request with that answer, and others as they should be. Every second connection stays open after it. */
    private static RawUpstream answering(List<String> answers) {
        return new RawUpstream((connection, count) -> {
            for (String head = connection.head(); !head.isEmpty(); head = connection.head()) {
                Matcher sample = SAMPLE.matcher(head);
                if (!sample.find()) {
                    connection.send(NEXT);
                    continue;
                }
                int number = Integer.parseInt(sample.group(1));
                connection.send(answers.get(number));
                if (number % 2 == 0 || !isTold(answers.get(number))) {
                    connection.close();
                    return;
                }
            }
        });
    }

    /** Its end can be found although the connection stays open. */
    private static boolean isTold(String answer) {
        boolean sound = STRICTER.values().stream().noneMatch(reason -> reason.test(answer));
        return sound
                && (answer.contains("\r\nContent-Length: 2\r\n\r\n")
                        || answer.contains("\r\nTransfer-Encoding: chunked\r\n\r\n") && answer.contains("0\r\n\r\n"));
    }

    /** A client's view of the answer, whose request another one follows at once; the answer to that one is checked. */
    private static String seen(int port, int number) throws IOException {
        StringBuilder all = new StringBuilder();
        try (var client = new RawConnection(new Socket("127.0.0.1", port))) {
            client.socket.setSoTimeout(10_000);
            client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Sample: " + number
                    + "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            for (int octet = client.in().read(); octet >= 0; octet = client.in().read()) {
                all.append((char) octet);
            }
        } catch (SocketTimeoutException e) {
            return "hung after " + all;
        } catch (IOException e) {
            // A reset is an end, too.
        }
        return seen(all.toString());
    }

    private static String seen(String all) {
        int head = all.indexOf("\r\n\r\n");
        if (all.isEmpty() || all.startsWith("HTTP/1.1 502")) {
            return REFUSED;
        }
        if (head < 0) {
            return "no head: " + all;
        }
        StringBuilder seen =
                new StringBuilder(all.substring(0, all.indexOf("\r\n")).strip());
        String fields = "";
        for (String field : all.substring(0, head).split("\r\n")) {
            String name = field.toLowerCase(Locale.ROOT);
            if (name.startsWith("content-length:") || name.startsWith("transfer-encoding:")) {
                fields += name;
            } else if (!name.matches("(http/|server:|date:|connection:|x-request-id:).*")) {
                seen.append('|').append(field);
            }
        }
        String rest = all.substring(head + 4);
        int next = rest.lastIndexOf("HTTP/1.1 200 OK\r\n");
        if (next < 0 || !rest.endsWith("\r\n\r\nnext")) {
            return BROKEN;
        }
        String body = rest.substring(0, next);
        return seen + "||" + (fields.contains("chunked") ? unchunked(body) : body);
    }

    private static String unchunked(String body) {
        Matcher chunk = Pattern.compile("\\G([0-9a-f]+)\r\n").matcher(body);
        StringBuilder whole = new StringBuilder();
        int at = 0;
        while (chunk.find(at)) {
            int size = Integer.parseInt(chunk.group(1), 16);
            if (size == 0) {
                return whole + body.substring(chunk.end()).strip();
            }
            whole.append(body, chunk.end(), chunk.end() + size);
            at = chunk.end() + size + 2;
        }
        return "no chunks: " + body;
    }

    private static String shown(String answer) {
        return answer.replace("\r", "\\r").replace("\n", "\\n");
    }
}
