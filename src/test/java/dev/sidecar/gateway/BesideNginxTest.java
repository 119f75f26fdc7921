package dev.sidecar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.FreePort;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Generated heads and targets through the gateway and through nginx: what the API gets is the same, or the difference has a reason. */
class BesideNginxTest {

    private static final int SAMPLES = 600;
    private static final long SEED = 16;
    private static final Pattern SAMPLE = Pattern.compile("X-Sample: (\\d+)");
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

    private static final List<String> GAPS = List.of(" ", " ", " ", " ", " ", " ", "  ", "\t");
    private static final List<String> LINE_ENDS = List.of("\r\n", "\r\n", "\r\n", "\r\n", "\r\n", " \r\n");
    private static final List<String> METHODS = List.of("GET", "GET", "POST", "OPTIONS", "DELETE", "get", "PURGE");
    private static final List<String> PATHS =
            List.of("", "/", "/a", "/a/../b", "//c", "/%2e%2e/d", "/e%zz", "/f;g=h", "/\\i");
    private static final List<String> QUERIES = List.of("", "?", "?x=1", "?x=/admin", "?u=http://c/d", "?y=%00", "#z");
    private static final List<String> AUTHORITIES = List.of(
            "b",
            "B:80",
            "b:",
            "b:99999",
            "u@b",
            "",
            "[::1]",
            "[::1]:80",
            "[::g]",
            "[::1%25e]",
            "[::1%\"]",
            "b%41",
            "b%2f",
            "b%00",
            "b,c",
            "b:8a",
            "b_c");
    private static final List<String> SCHEMES =
            List.of("http://", "http://", "HTTP://", "https://", "ftp://", "//", "");
    private static final List<String> HEADERS = List.of(
            "X-A: b\r\n",
            "X-A : b\r\n",
            "X A: b\r\n",
            "X-A: b\n",
            "X-A: b\r\n c\r\n",
            "X_A: b\r\n",
            ": b\r\n",
            "X-A\r\n",
            "X-A: \u0001\r\n",
            "X-A:\r\n",
            "Host: c\r\n",
            "X-A: \u007f\r\n",
            "X-A:\tb\t\r\n",
            "Content-Length: 0\r\n",
            "Content-Length: 0\r\nContent-Length: 0\r\n",
            "Content-Length: +0\r\n",
            "Transfer-Encoding: identity\r\n",
            "Connection: X-A\r\nX-A: b\r\n",
            "");

    /** The gateway refuses what nginx passes on. */
    private static final Map<String, Predicate<String>> STRICTER = Map.of(
            "a fragment: some servers cut it off, others take it for the path",
                    head -> target(head).contains("#"),
            "a bare line feed: some servers end a head at two of them, others do not",
                    head -> head.matches("(?s).*[^\r]\n.*"),
            "a port that is none", head -> target(head).contains("99999"),
            "a host that is none, which the API would get as the Host",
                    head -> target(head).matches("(?i)https?://(u@b|\\[::g]|\\[::1%|b:8a|b%2f|b%00).*"),
            "more behind the version of the request line", head -> head.matches("(?s)[^\r\n]* \r\n.*"),
            "an encoding that nobody knows", head -> head.contains("Transfer-Encoding"),
            "a scheme that is not HTTP's", head -> target(head).matches("(ftp|b)://.*"),
            "a header that is none, which nginx leaves out: the API would get another request than the client sent",
                    head -> head.contains("X-A : ")
                            || head.contains("X A: ")
                            || head.contains("\r\n: b")
                            || head.contains("X-A\r\n")
                            || head.contains("\r\n c\r\n"),
            "a control character, which no header's value has and some programs end it at",
                    head -> head.contains("\u0001") || head.contains("\u007f"));

    /** The gateway passes on what nginx refuses. */
    private static final Map<String, Predicate<String>> LOOSER = Map.of(
            "the target of the whole server, which RFC 9110 knows",
            head -> head.startsWith("OPTIONS * ") || head.startsWith("OPTIONS http"),
            "a host as RFC 3986 writes it",
            head -> target(head).matches("(?i)https?://(b%41|b,c|b_c|b:|\\[::1]).*"),
            "a path is the API's business, also one with a broken escape or above the root",
            head -> target(head).matches(".*(%zz|\\.\\.|%2e|%00).*"),
            "a tab around a value is a blank like any other",
            head -> head.contains("\tb\t"),
            "a method is any token, and its letters' case matters: the API knows its own",
            head -> head.startsWith("get "));

    /** Both pass it on, and the API gets another target. */
    private static final Map<String, Predicate<String>> OTHER = Map.of(
            "OPTIONS for a host without a path means the whole server (RFC 9112, 3.2.4)",
            head -> head.startsWith("OPTIONS "),
            "nginx loses the mark of an empty query behind a host",
            head -> target(head).endsWith("?"));

    private final Map<Integer, String> viaGateway = new ConcurrentHashMap<>();
    private final int nginxPort = FreePort.get();
    private final Map<Integer, String> viaNginx = new ConcurrentHashMap<>();

    @Test
    void everyDifferenceHasAReason(@TempDir Path folder) throws Exception {
        List<String> heads = heads();
        List<String> unexplained = new ArrayList<>();
        int passed = 0;
        try (var behindGateway = recording(viaGateway);
                var behindNginx = recording(viaNginx);
                var gateway = GatewayServer.before(behindGateway.port());
                var nginx = PlainNginx.before(behindNginx.port(), nginxPort, folder)) {
            for (int i = 0; i < heads.size(); i++) {
                boolean byGateway = isServed(gateway.port(), heads.get(i), i);
                boolean byNginx = isServed(nginxPort, heads.get(i), i);
                passed += byGateway ? 1 : 0;
                String difference = difference(heads.get(i), byGateway, byNginx, viaGateway.get(i), viaNginx.get(i));
                if (!difference.isEmpty()) {
                    unexplained.add(difference);
                }
            }
        }
        assertThat(unexplained.stream().distinct()).isEmpty();
        assertThat(passed).as("requests that reach the API").isGreaterThan(SAMPLES / 10);
    }

    private static String difference(String head, boolean gateway, boolean nginx, String got, String nginxGot) {
        boolean explained = true;
        if (gateway != nginx) {
            explained = (gateway ? LOOSER : STRICTER).values().stream().anyMatch(reason -> reason.test(head));
        } else if (gateway && !got.equals(nginxGot)) {
            explained = OTHER.values().stream().anyMatch(reason -> reason.test(head));
        }
        return explained
                ? ""
                : "%s: gateway %s %s, nginx %s %s"
                        .formatted(head.replace("\r", "\\r").replace("\n", "\\n"), gateway, got, nginx, nginxGot);
    }

    private static List<String> heads() {
        Random random = new Random(SEED);
        List<String> heads = new ArrayList<>();
        for (int i = 0; i < SAMPLES; i++) {
            String origin = any(PATHS, random) + any(QUERIES, random);
            String target = random.nextInt(3) == 0 ? origin : any(SCHEMES, random) + any(AUTHORITIES, random) + origin;
            target = random.nextInt(40) == 0 ? "*" : target;
            String version = random.nextInt(8) == 0 ? "HTTP/1.0" : "HTTP/1.1";
            String line = any(METHODS, random) + any(GAPS, random) + target + " " + version + any(LINE_ENDS, random);
            String header = random.nextInt(2) == 0 ? any(HEADERS, random) : "";
            heads.add(line + "Host: a\r\n" + header);
        }
        return heads;
    }

    private static String any(List<String> of, Random random) {
        return of.get(random.nextInt(of.size()));
    }

    private static String target(String head) {
        String[] words = head.substring(0, head.indexOf("\r\n")).split("[ \t]+");
        return words.length > 1 ? words[1] : "";
    }

    private static RawUpstream recording(Map<Integer, String> lines) {
        return new RawUpstream((connection, number) -> {
            String head = connection.head();
            Matcher sample = SAMPLE.matcher(head);
            if (sample.find()) {
                lines.put(
                        Integer.parseInt(sample.group(1)),
                        head.substring(0, head.lastIndexOf(" HTTP/", head.indexOf("\r\n"))));
            }
            connection.send(OK);
            connection.close();
        });
    }

    /** @return whether it got the API's answer; one that waits for more of the request counts as refused */
    private static boolean isServed(int port, String head, int number) throws IOException {
        try (var client = new RawConnection(new Socket("127.0.0.1", port))) {
            client.socket.setSoTimeout(5_000);
            client.send(head + "X-Sample: " + number + "\r\nConnection: close\r\n\r\n");
            StringBuilder answer = new StringBuilder();
            try {
                for (int octet = client.in().read();
                        octet >= 0;
                        octet = client.in().read()) {
                    answer.append((char) octet);
                }
            } catch (SocketTimeoutException e) {
                return false;
            } catch (IOException e) {
                // A reset is an end, too.
            }
            return answer.toString().contains(" 200 ");
        }
    }
}
