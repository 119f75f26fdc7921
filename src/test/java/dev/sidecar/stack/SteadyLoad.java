package dev.sidecar.stack;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients that ask one address again and again, together at a steady rate, until it is closed. Each waits for its answer, so that a
 * slow machine gets fewer requests and no heap of open ones.
 */
final class SteadyLoad implements AutoCloseable {

    private static final int CLIENTS = 24;
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private final ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    private final AtomicInteger served = new AtomicInteger();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicLong next = new AtomicLong(System.nanoTime());
    private final URI address;
    private final long pause;
    private volatile boolean over;

    SteadyLoad(URI address, int perSecond) {
        this.address = address;
        this.pause = Duration.ofSeconds(1).toNanos() / perSecond;
        for (int i = 0; i < CLIENTS; i++) {
            clients.execute(this::ask);
        }
    }

    private void ask() {
        while (!over) {
            // A turn that was missed is not made up for: that would be a burst.
            long now = System.nanoTime();
            long due = next.updateAndGet(last -> Math.max(last + pause, now - pause));
            LockSupport.parkNanos(due - System.nanoTime());
            try {
                HttpResponse<Void> answer = http.send(
                        HttpRequest.newBuilder(address)
                                .timeout(Duration.ofSeconds(20))
                                .build(),
                        BodyHandlers.discarding());
                if (answer.statusCode() == 200) {
                    served.incrementAndGet();
                } else {
                    failures.add("status " + answer.statusCode());
                }
            } catch (IOException e) {
                failures.add(e.toString());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** Waits until so many more requests were answered rightly, or one was not. */
    void awaitMore(int more) {
        int wanted = served.get() + more;
        await("%d more requests".formatted(more))
                .atMost(PATIENCE)
                .until(() -> served.get() >= wanted || !failures.isEmpty());
    }

    int served() {
        return served.get();
    }

    Collection<String> failures() {
        return List.copyOf(failures);
    }

    @Override
    public void close() {
        over = true;
        clients.shutdown();
        await().atMost(PATIENCE).until(clients::isTerminated);
    }
}
