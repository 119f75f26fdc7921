package dev.sidecar.notices;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sidecar.secrets.Secret;
import dev.sidecar.support.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SlackNotifierTest extends NotifierContract {

    private static final String PATH = "/services/T000/B000/" + SECRET;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<JsonNode> messages = new CopyOnWriteArrayList<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private String url;
    private Duration limit = Duration.ofSeconds(30);
    private volatile Answer answer = exchange -> reply(exchange, 200, "ok");

    private interface Answer {
        void to(HttpExchange exchange) throws Exception;
    }

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
        url = "http://localhost:" + server.getAddress().getPort() + PATH;
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    @Override
    Notifier receiver() {
        return new ChatNotifier(ChatService.SLACK, Secret.of(url), limit);
    }

    @Override
    void assertReceived(Notice notice) {
        assertThat(complaints).isEmpty();
        assertThat(messages)
                .singleElement()
                .satisfies(message -> assertThat(message.get("text").stringValue())
                        .isEqualTo("*[ALARM] staging on box-1: grüße Bcc: thief@example.org*\n"
                                + "Line one &amp; &lt;two&gt;.\nLine three: 日本 😀\n"));
    }

    @Override
    Stream<Failure> failures() {
        return Stream.of(
                new Failure("400 invalid_payload", DeliveryProblem.REJECTED_MESSAGE),
                new Failure("403 invalid_token", DeliveryProblem.AUTH),
                new Failure("404 no_service", DeliveryProblem.REJECTED_ADDRESS),
                new Failure("410 channel_is_archived", DeliveryProblem.REJECTED_ADDRESS),
                new Failure("429 rate_limited", DeliveryProblem.RATE_LIMITED),
                new Failure("302 elsewhere", DeliveryProblem.OTHER),
                new Failure("500 rollup_error", DeliveryProblem.SERVER_ERROR),
                new Failure("503 unavailable", DeliveryProblem.SERVER_ERROR),
                new Failure("hangs", DeliveryProblem.TIMEOUT),
                new Failure("hangs in the body", DeliveryProblem.TIMEOUT),
                new Failure("cuts the connection", DeliveryProblem.UNREACHABLE),
                new Failure("is not there", DeliveryProblem.UNREACHABLE),
                new Failure("speaks no TLS", DeliveryProblem.TLS));
    }

    /** Seen once in some three hundred handshakes with a server that answers in plain text. */
    @Test
    void aFailedHandshakeIsToldThoughTheClientCallsItALostConnection() {
        IOException seen = new IOException(
                "HTTP/1.1 header parser received no bytes",
                new SSLException("Unrecognized SSL message, plaintext connection?"));

        assertThat(ChatNotifier.failed(seen).reason()).isEqualTo(DeliveryProblem.TLS);
    }

    @Override
    void provoke(Failure failure) throws Exception {
        limit = failure.name().startsWith("hangs") ? Duration.ofSeconds(2) : Duration.ofSeconds(30);
        if (failure.name().matches("[0-9]{3} .*")) {
            int status = Integer.parseInt(failure.name().substring(0, 3));
            answer = exchange -> reply(exchange, status, failure.name().substring(4));
        } else if (failure.name().equals("hangs")) {
            answer = exchange -> new CountDownLatch(1).await();
        } else if (failure.name().equals("hangs in the body")) {
            answer = exchange -> {
                exchange.sendResponseHeaders(200, 100);
                exchange.getResponseBody().write('o');
                exchange.getResponseBody().flush();
                new CountDownLatch(1).await();
            };
        } else if (failure.name().equals("cuts the connection")) {
            answer = HttpExchange::close;
        } else if (failure.name().equals("is not there")) {
            url = "http://localhost:" + FreePort.get() + PATH;
        } else {
            ServerSocket plain = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            threads.execute(() -> {
                try (plain;
                        Socket client = plain.accept()) {
                    client.getOutputStream()
                            .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    client.getInputStream().readAllBytes();
                } catch (IOException e) {
                    // The client has hung up, as it should.
                }
            });
            url = "https://localhost:" + plain.getLocalPort() + PATH;
        }
    }

    @Test
    void takesRetryAfterAsSlackGivesIt() {
        answer = exchange -> {
            exchange.getResponseHeaders().add("Retry-After", "7");
            reply(exchange, 429, "rate_limited");
        };
        assertThat(receiver().deliver(NOTICE).retryAfter()).isEqualTo(Duration.ofSeconds(7));
        answer = exchange -> {
            exchange.getResponseHeaders().add("Retry-After", "soon");
            reply(exchange, 429, "rate_limited");
        };
        assertThat(receiver().deliver(NOTICE).retryAfter()).isNull();
    }

    private void handle(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        check(exchange.getRequestMethod().equals("POST"), exchange.getRequestMethod());
        check(exchange.getRequestURI().toString().equals(PATH), "path");
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        check(type != null && type.startsWith("application/json"), "content type " + type);
        JsonNode message = JsonMapper.shared().readTree(new String(body, StandardCharsets.UTF_8));
        check(Set.copyOf(message.propertyNames()).equals(Set.of("text")), "fields " + message.propertyNames());
        check(message.get("text").stringValue().length() <= 4_000, "a text that Slack cuts");
        messages.add(message);
        try (exchange) {
            answer.to(exchange);
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private void check(boolean holds, String complaint) {
        if (!holds) {
            complaints.add(complaint);
        }
    }

    private static void reply(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
