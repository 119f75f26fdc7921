package dev.sidecar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs write HTTP badly. What cannot be misread passes, as through nginx; what can is refused, and the defect has a name. */
class ImperfectAnswersTest {

    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "HTTP/1.1 200 OK~Content-Length: 2~X-A: b~~ok",
                "HTTP/1.1 200 OK^Content-Length: 2^Content-Length: 2^^ok",
                "HTTP/1.1 200 OK^Content-Length: 2, 2^^ok",
                "HTTP/1.1 200 OK~Transfer-Encoding: chunked~~2^ok^0^^",
                "HTTP/1.1 200^Content-Length: 2^^ok",
                "HTTP/1.1 200 OK^X-Empty:^Content-Length:2^^ok",
                "HTTP/1.1 200 OK^Transfer-Encoding: identity^Content-Length: 2^^ok",
                "HTTP/1.1 200 OK^Transfer-Encoding: identity, chunked^^2^ok^0^^",
                "HTTP/1.1 200 OK^Transfer-Encoding: chunked,^^2^ok^0^^",
                "HTTP/1.1 200 OK^Transfer-Encoding: identity^Transfer-Encoding: chunked^^2^ok^0^^",
                "HTTP/1.1 200 OK^Transfer-Encoding:^Content-Length: 2^^ok",
                "HTTP/1.1 200 OK^Transfer-Encoding: chunked^^1   ^o^01;é^k^0  ^^",
                "HTTP/1.1 200 OK^Content-Length: 9^Transfer-Encoding: chunked^^2^ok^0^^",
                "HTTP/1.0 200 OK^Content-Length: 9^Transfer-Encoding: chunked^^2^ok^0^^"
            })
    void whatCannotBeMisreadPasses(String answer) {
        try (var upstream = RawUpstream.answering(bytes(answer));
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            String head = client.send(GET).head();

            assertThat(head).startsWith("HTTP/1.1 200").doesNotContainPattern("[^\r]\n");
            assertThat(head.toLowerCase(Locale.ROOT).split("content-length: 2|transfer-encoding: chunked", -1))
                    .as("its end is told once")
                    .hasSize(2);
            assertThat(client.body(head.contains("hunked") ? 5 : 2)).contains("ok");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "HTTP/1.1 200 OK^X-A: b^ c^Content-Length: 2^^ok           | folded_line",
                "HTTP/1.1 200 OK^ X-A: b^Content-Length: 2^^ok             | folded_line",
                "HTTP/1.1 200 OK^Bad Name: x^Content-Length: 2^^ok         | header_name",
                "HTTP/1.1 200 OK^X-A : x^Content-Length: 2^^ok             | header_name",
                "HTTP/1.1 200 OK^: x^Content-Length: 2^^ok                 | header_name",
                "HTTP/1.1 200 OK^nothing^Content-Length: 2^^ok             | header_name",
                "HTTP/1.1 200 OK^X-A: b`c^Content-Length: 2^^ok            | control_character",
                "HTTP/1.1 200 OK^X-A: b%c^Content-Length: 2^^ok            | control_character",
                "HTTP/1.1 200 OK^Content-Length: 2^Content-Length: 3^^ok   | length",
                "HTTP/1.1 200 OK^Content-Length: two^^ok                   | length",
                "HTTP/1.1 200 OK^Transfer-Encoding: chunked^Transfer-Encoding: chunked^^2^ok^0^^ | coding",
                "HTTP/1.1 200 OK^Transfer-Encoding: chunked, chunked^^2^ok^0^^ | coding",
                "HTTP/1.1 200 OK^Transfer-Encoding: gzip^Content-Length: 2^^ok | coding",
                "HTTP/1.1 200 OK^Transfer-Encoding: gzip, chunked^^2^ok^0^^ | coding",
                "HTTP/1.1 200 OK^Transfer-Encoding: xchunked^^2^ok^0^^     | coding",
                "HTTP/1.1 20 OK^Content-Length: 2^^ok                      | status_line",
                "HTTP/1.1 099 OK^Content-Length: 2^^ok                     | status_line",
                "HTTP/1.1 2000 OK^Content-Length: 2^^ok                    | status_line",
                "HTTP/1.1 +200 OK^Content-Length: 2^^ok                    | status_line",
                "HTTP/11 200 OK^Content-Length: 2^^ok                      | status_line",
                "HTTP/1.1 200 O%K^Content-Length: 2^^ok                    | control_character",
                "HTTP/1.1 200 O`K^Content-Length: 2^^ok                    | control_character",
                "HTTP/1.1 101 Switching^Upgrade: x^Connection: Upgrade^^   | upgrade",
                "hello                                                     | other"
            })
    void whatCanBeMisreadIsRefusedByName(String answer, String defect) {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.send(bytes(answer) + (defect.equals("other") ? "\r\n\r\n" : ""));
                    connection.read();
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            assertThat(client.send(GET).message()).startsWith("HTTP/1.1 502").contains("\"reason\":\"bad_response\"");
            assertThat(gateway.registry
                            .get("sidecar.gateway.bad.answers")
                            .tag("defect", defect)
                            .counter()
                            .count())
                    .isEqualTo(1);
        }
    }

    /** Lines that look like those of chunks are no such lines where they are the content of one. */
    @Test
    void sizesThatAreFilledUpAreReadAndWhatIsBetweenThemStaysAsItIs() {
        String content = "5   \r\n3 ;x\r\n\r\n0  \r\n\r\n";
        String chunked = "%X     \r\n%s\r\n4;\r\n7 \r\n\r\n0   \r\n\r\n".formatted(content.length(), content);
        for (boolean byteByByte : new boolean[] {false, true}) {
            try (var upstream = new RawUpstream((connection, number) -> {
                        connection.head();
                        String answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked;
                        if (byteByByte) {
                            connection.sendByteByByte(answer);
                        } else {
                            connection.send(answer);
                        }
                        connection.read();
                    });
                    var gateway = GatewayServer.before(upstream.port());
                    var client = gateway.connect()) {
                client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
                assertThat(client.head()).startsWith("HTTP/1.1 200");

                assertThat(unchunked(client.untilClosed())).isEqualTo(content + "7 \r\n");
            }
        }
    }

    private static String unchunked(String body) {
        StringBuilder content = new StringBuilder();
        int at = 0;
        while (true) {
            int line = body.indexOf("\r\n", at);
            int size = Integer.parseInt(body.substring(at, line), 16);
            if (size == 0) {
                assertThat(body.substring(line)).isEqualTo("\r\n\r\n");
                return content.toString();
            }
            content.append(body, line + 2, line + 2 + size);
            at = line + 2 + size + 2;
        }
    }

    /** A name split over two reads is looked at as a whole. */
    @Test
    void aDefectIsFoundByteByByte() {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.sendByteByByte("HTTP/1.1 200 OK\r\nGood: x\r\nBad Name: x\r\nContent-Length: 0\r\n\r\n");
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            assertThat(client.send(GET).message()).startsWith("HTTP/1.1 502");
        }
    }

    /** Nobody asked for it, and it must not become part of what another client gets. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 204 No^^body",
                "HTTP/1.1 304 No^Content-Length: 4^^body",
                "HTTP/1.1 200 OK^Content-Length: 2^^ok!",
                "HTTP/1.1 200 OK^Content-Length: 2^^okHTTP/1.1 200 OK^X-Injected: ",
                "HTTP/1.1 200 OK^Content-Length: 2^^ok|HTTP/1.1 200 OK^X-Injected: ",
                "HTTP/1.1 200 OK^Transfer-Encoding: chunked^^2^ok^0^^HTTP/1.1 200 OK^X-Injected: ",
                "HTTP/1.1 200 OK^Transfer-Encoding: chunked^^2^ok^0^^|^"
            })
    void whatFollowsAnAnswerIsNoPartOfTheNext(String answer) throws Exception {
        Semaphore read = new Semaphore(0);
        Semaphore ended = new Semaphore(0);
        try (var upstream = new RawUpstream((connection, number) -> {
                    for (String head = connection.head(); !head.isEmpty(); head = connection.head()) {
                        if (head.startsWith("GET /first")) {
                            int late = answer.indexOf('|');
                            connection.send(bytes(late < 0 ? answer : answer.substring(0, late)));
                            if (late >= 0) {
                                read.acquire();
                                connection.send(bytes(answer.substring(late + 1)));
                            }
                            connection.untilClosed();
                            ended.release();
                        } else {
                            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext");
                        }
                    }
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            String first = client.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n").head();
            client.body(first.contains("chunked") ? 12 : first.startsWith("HTTP/1.1 200") ? 2 : 0);
            read.release();
            assertThat(ended.tryAcquire(1, TimeUnit.MINUTES))
                    .as("the gateway closed its connection")
                    .isTrue();

            assertThat(client.send(GET).message())
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .doesNotContain("Injected")
                    .endsWith("next");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bad Name: x^", "X : x^", "X: a^ b^", "nothing^"})
    void whatCanBeMisreadInTrailersBreaksTheAnswerOff(String trailers) {
        try (var upstream = RawUpstream.answering(
                        bytes("HTTP/1.1 200 OK^Transfer-Encoding: chunked^^2^ok^0^" + trailers + "^"));
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            assertThat(client.send(GET).untilClosed()).doesNotContain("0\r\n\r\n", "Bad", "X:");
            assertThat(gateway.failures(FailureReason.BAD_RESPONSE)).isEqualTo(1);
        }
    }

    @Test
    void trailersOfAnAnswerBringNothingThatItsHeadWouldNot() {
        String answer = bytes("HTTP/1.1 200 OK^Transfer-Encoding: chunked^^2^ok^0^"
                + "X-Request-ID: evil^Connection: evil^Keep-Alive: evil^Proxy-Authenticate: evil^X-T: good^^");
        try (var upstream = RawUpstream.answering(answer);
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send(GET).head();

            assertThat(client.head()).contains("X-T: good").doesNotContain("evil");
        }
    }

    private static String bytes(String shown) {
        return shown.replace("^", "\r\n").replace('~', '\n').replace('`', '\r').replace('%', '\0');
    }
}
