package dev.sidecar.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Light traffic of a shop, some of it failing: five requests a second, whatever becomes of them. */
final class Traffic implements AutoCloseable {

    /** How its lines are told from those of a person. */
    static final String USER_AGENT = "sample-traffic";

    private static final long PERIOD_MS = 200;
    private static final int PRODUCTS = 5000;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "traffic");
        thread.setDaemon(true);
        return thread;
    });
    private final AtomicLong answered = new AtomicLong();
    private final String gateway;
    private volatile boolean slow;
    private long sent;

    Traffic(String gateway) {
        this.gateway = gateway;
    }

    void start() {
        clock.scheduleAtFixedRate(this::next, 0, PERIOD_MS, TimeUnit.MILLISECONDS);
    }

    /** From now on two of three requests ask for something that takes long, or no longer. */
    void slow(boolean on) {
        slow = on;
    }

    long answered() {
        return answered.get();
    }

    private void next() {
        http.sendAsync(request(sent++), HttpResponse.BodyHandlers.discarding())
                .thenRun(answered::incrementAndGet)
                // A request without an answer is what the gateway's own metrics and lines are there to tell.
                .exceptionally(failure -> null);
    }

    private HttpRequest request(long number) {
        long product = 1 + number * 7919 % PRODUCTS;
        long turn = number % 40;
        if (slow && number % 3 != 0) {
            return get("/api/slow?seconds=1.5");
        }
        if (turn % 10 == 3) {
            return order("{\"customerId\": %d, \"productId\": %d, \"quantity\": 1}".formatted(product, product));
        }
        if (turn == 17) {
            return get("/api/slow?seconds=0.4");
        }
        if (turn == 27) {
            return get("/api/products/99999999");
        }
        if (turn == 39) {
            return get("/api/error?status=503");
        }
        return get(turn % 4 == 0 ? "/api/products?limit=10&after=" + product : "/api/products/" + product);
    }

    private HttpRequest get(String path) {
        return to(path).build();
    }

    private HttpRequest order(String body) {
        return to("/api/orders")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create(gateway + path))
                .header("User-Agent", USER_AGENT)
                .timeout(Duration.ofSeconds(10));
    }

    /** Tells whether an address answers with 200, for programs that are awaited. */
    static boolean isAnswering(String url) throws InterruptedException {
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                    .header("User-Agent", USER_AGENT)
                    .timeout(Duration.ofSeconds(10))
                    .build();
            return HttpClient.newHttpClient()
                            .send(request, HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
