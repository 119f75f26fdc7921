package dev.sidecar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that two programs could read in two ways. */
class SmugglingTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello",
                "POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nhello",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5\r\n\r\nhello",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nhello",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\nhello",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\nhello",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\u000bchunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer_Encoding: chunked\r\n\r\nhello",
                "POST / HTTP/1.1\r\nHost: a\r\ntransfer_encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent_Length: 0\r\n\r\nhello",
                "POST / HTTP/1.1\r\nHost: a\r\nCONTENT_LENGTH: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX-Folded: one\r\n two\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX-Folded: one\r\n\ttwo\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\n Transfer-Encoding: chunked\r\n\r\n",
                "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
                "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /\tHTTP/1.1\r\nHost: a\r\n\r\n",
                "GET / http/1.1\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: [::1%25e]\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: [::1%\";for=192.0.2.9;x=\"]\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: [::1%a b]\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a%2fb\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a%00\r\n\r\n",
                " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1\nHost: a\n\n",
                "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX: a\rTransfer-Encoding: chunked\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX: a\u0000b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\n: no name\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX Y: z\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
                "GET / HTTP/1.1\r\nHost:\r\n\r\n",
                "GET / HTTP/1.1\r\n\r\n",
                "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
                "GET / XTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /\r\nHost: a\r\n\r\n",
                "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /a\u0001b HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
                "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
                "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
                "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n"
            })
    void anAmbiguousHeadIsRefusedAndNeverForwarded(String request) {
        for (boolean slowly : new boolean[] {false, true}) {
            try (var upstream = RawUpstream.answering(OK);
                    var gateway = GatewayServer.before(upstream.port());
                    var client = gateway.connect()) {
                if (slowly) {
                    // Every way in which the network may cut it.
                    trickle(client, request);
                } else {
                    client.send(request);
                }

                assertThat(client.untilClosed())
                        .startsWith("HTTP/1.1 400 Bad Request\r\n")
                        .contains("\r\ncontent-type: application/problem+json\r\n")
                        .containsOnlyOnce("HTTP/1.1");
                assertThat(gateway.failures(FailureReason.BAD_REQUEST)).isEqualTo(1);
                assertThat(upstream.connections).isEmpty();
            }
        }
    }

    /** The gateway may answer and close before all is sent. */
    private static void trickle(RawConnection client, String request) {
        try {
            client.sendByteByByte(request);
        } catch (java.io.UncheckedIOException e) {
            // Refused early.
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0x5\r\nhello\r\n0\r\n\r\n",
                "+5\r\nhello\r\n0\r\n\r\n",
                "-5\r\nhello\r\n0\r\n\r\n",
                "5 5\r\nhello\r\n0\r\n\r\n",
                "\r\n5\r\nhello\r\n0\r\n\r\n",
                "g\r\nhello\r\n0\r\n\r\n",
                "fffffffff\r\nhello\r\n0\r\n\r\n",
                "5\nhello\r\n0\r\n\r\n",
                "5\r\nhello!!\r\n0\r\n\r\n",
                "5;a\nb\r\nhello\r\n0\r\n\r\n",
                "5\r\nhello\n0\r\n\r\n",
                "5\r\nhelloX\n0\r\n\r\n",
                "5\r\nhello\r\n0\r\nX: a\r\n Transfer-Encoding: b\r\n\r\n",
                "5\r\nhello\r\n0;x\r\n\tX: a\r\n\r\n",
                "5\r\nhello\r\n00\r\nX : a\r\n\r\n"
            })
    void aBadChunkEndsTheRequest(String body) {
        try (var slow = new RawUpstream((connection, number) -> connection.untilClosed());
                var gateway = GatewayServer.before(slow.port());
                var client = gateway.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body);

            assertThat(client.untilClosed()).startsWith("HTTP/1.1 400 Bad Request\r\n");
            assertThat(gateway.failures(FailureReason.BAD_REQUEST)).isEqualTo(1);
        }
    }

    @Test
    void aRequestHiddenInTheBodyOfAnotherStaysABody() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            String hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n";
            client.send("POST /seen HTTP/1.1\r\nHost: a\r\nContent-Length: " + hidden.length() + "\r\n\r\n" + hidden);

            assertThat(client.message()).startsWith("HTTP/1.1 200");
            assertThat(upstream.heads).hasSize(1);
            assertThat(upstream.heads.get(0))
                    .startsWith("POST /seen HTTP/1.1\r\n")
                    .endsWith(hidden);
        }
    }

    @Test
    void leadingEmptyLinesAreTolerated() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            assertThat(client.send("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").message())
                    .startsWith("HTTP/1.1 200");
            assertThat(client.sendByteByByte("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
                            .message())
                    .startsWith("HTTP/1.1 200");
        }
    }
}
