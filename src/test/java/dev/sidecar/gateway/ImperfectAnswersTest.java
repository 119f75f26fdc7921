package dev.sidecar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
                "HTTP/1.1 200 OK^X-Empty:^Content-Length:2^^ok"
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

    private static String bytes(String shown) {
        return shown.replace("^", "\r\n").replace('~', '\n').replace('`', '\r').replace('%', '\0');
    }
}
