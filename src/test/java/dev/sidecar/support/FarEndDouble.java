package dev.sidecar.support;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The gate in front of a real store of somebody else: it lets in who has the token and names the tenant, and fails when told to, for
 * writing and for reading apart.
 */
public final class FarEndDouble implements AutoCloseable {

    public static final String TOKEN = "token-of-the-far-end";
    public static final String TENANT = "our-team";

    /** It does one of these with a request. */
    @FunctionalInterface
    public interface Conduct {
        void take(HttpExchange exchange) throws IOException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final URI store;
    private volatile Conduct writing = this::pass;
    private volatile Conduct reading = this::pass;

    public FarEndDouble(URI store) {
        this.store = store;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/api/v1/write", exchange -> writing.take(exchange));
        server.createContext("/api/v1/query", exchange -> reading.take(exchange));
        server.setExecutor(threads);
        server.start();
    }

    public URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    public void onWrite(Conduct conduct) {
        writing = conduct;
    }

    public void onRead(Conduct conduct) {
        reading = conduct;
    }

    public void wellAgain() {
        writing = this::pass;
        reading = this::pass;
    }

    /** Passes it on to the store. */
    public void pass(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        if (!("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            answer(exchange, 401, "no token");
            return;
        }
        if (!TENANT.equals(exchange.getRequestHeaders().getFirst("X-Scope-OrgID"))) {
            answer(exchange, 403, "no tenant");
            return;
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        store.resolve(exchange.getRequestURI().toString()))
                .method(exchange.getRequestMethod(), BodyPublishers.ofByteArray(body));
        for (String header : new String[] {"Content-Type", "Content-Encoding", "X-Prometheus-Remote-Write-Version"}) {
            String value = exchange.getRequestHeaders().getFirst(header);
            if (value != null) {
                request.header(header, value);
            }
        }
        try {
            HttpResponse<String> answer = http.send(request.build(), BodyHandlers.ofString());
            answer(exchange, answer.statusCode(), answer.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Answers every request so, whatever it asks. */
    public static Conduct answering(int status, String body) {
        return exchange -> {
            exchange.getRequestBody().readAllBytes();
            answer(exchange, status, body);
        };
    }

    /** Says nothing until the end. */
    public Conduct silent() {
        return exchange -> {
            try {
                closed.await(5, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
        };
    }

    /** Says one letter after the other, without an end. */
    public Conduct dripping() {
        return exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream body = exchange.getResponseBody()) {
                while (!closed.await(200, TimeUnit.MILLISECONDS)) {
                    body.write(' ');
                    body.flush();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
    }

    /** Gives back what it was told to let somebody in, where a client may quote it. */
    public static Conduct echoing(int status) {
        return exchange -> answer(
                exchange,
                status,
                "{\"status\":"
                        + exchange.getRequestHeaders().getFirst("Authorization").replace("Bearer ", ""));
    }

    /** @param body of JSON */
    public static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, status == 204 || bytes.length == 0 ? -1 : bytes.length);
        if (status != 204) {
            exchange.getResponseBody().write(bytes);
        }
        exchange.close();
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
