package dev.sidecar.probes;

import dev.sidecar.text.HostileText;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/** Asks everything at once, so that whatever is silent costs no more than its own limit, and prints one line for each. */
public final class Probes {

    /** For one question; the whole takes a moment longer. */
    static final Duration LIMIT = Duration.ofSeconds(10);

    private static final Duration MARGIN = Duration.ofSeconds(2);
    private static final int LONGEST = 300;

    private final Supplier<List<Probe>> configured;
    private final Duration limit;

    Probes(Supplier<List<Probe>> configured, Duration limit) {
        this.configured = configured;
        this.limit = limit;
    }

    /** Asks, and prints what answered, in how long, and what to do where nothing did. @return true if everything answered */
    public boolean run(PrintWriter out) throws InterruptedException {
        List<Probe> probes = configured.get();
        AtomicLongArray took = new AtomicLongArray(probes.size());
        ExecutorService threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "probe");
            // A question without an answer must not keep the command from ending.
            thread.setDaemon(true);
            return thread;
        });
        try {
            long began = System.nanoTime();
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < probes.size(); i++) {
                int place = i;
                answers.add(threads.submit(() -> {
                    try {
                        return probes.get(place).ask().call();
                    } finally {
                        took.set(place, System.nanoTime() - began);
                    }
                }));
            }
            int answered = 0;
            int width = probes.stream()
                    .mapToInt(probe -> probe.what().length())
                    .max()
                    .orElse(0);
            for (int i = 0; i < probes.size(); i++) {
                Probe probe = probes.get(i);
                boolean right = false;
                String said;
                try {
                    long left = Math.max(0, limit.plus(MARGIN).toNanos() - (System.nanoTime() - began));
                    said = answers.get(i).get(left, TimeUnit.NANOSECONDS);
                    right = true;
                } catch (ExecutionException e) {
                    said = reason(e.getCause() == null ? e : e.getCause());
                } catch (TimeoutException | CancellationException e) {
                    took.set(i, System.nanoTime() - began);
                    said = "no answer within " + limit.toSeconds() + " s";
                }
                answered += right ? 1 : 0;
                out.printf(
                        Locale.ROOT,
                        "%-5s  %-" + Math.max(1, width) + "s  %s: %s (%.1f s)%s%n",
                        right ? "ON" : "WRONG",
                        probe.what(),
                        probe.where(),
                        shown(said),
                        took.get(i) / 1e9,
                        right ? "" : ". Fix: " + probe.fix());
            }
            out.println(
                    probes.isEmpty()
                            ? "probe: nothing is configured that could be tested."
                            : "probe: %d of %d answered. Nothing was sent to anybody."
                                    .formatted(answered, probes.size()));
            return answered == probes.size();
        } finally {
            threads.shutdownNow();
        }
    }

    /** Keeps foreign text on one line and within a limit. */
    private static String shown(String said) {
        String line = HostileText.line(said.replaceAll("\\s+", " ").strip());
        return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
    }

    /** The innermost cause that says something of use; messages of the HTTP client are often empty. */
    private String reason(Throwable failure) {
        List<Throwable> causes = Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .limit(20)
                .toList();
        for (Throwable cause : causes) {
            if (cause instanceof UnknownHostException) {
                return "the name is unknown here";
            }
            if (cause instanceof SocketTimeoutException
                    || cause instanceof HttpTimeoutException
                    || cause instanceof TimeoutException) {
                return "no answer within " + limit.toSeconds() + " s";
            }
            if (cause instanceof SSLException) {
                return "TLS: " + cause.getMessage();
            }
            if (cause instanceof ConnectException) {
                return "nothing listens there (connection refused)";
            }
            if (cause instanceof NoRouteToHostException) {
                return "there is no way to this host";
            }
        }
        Throwable last = causes.get(causes.size() - 1);
        Throwable told = failure instanceof IOException ? failure : last;
        return told.getMessage() == null ? told.getClass().getSimpleName() : told.getMessage();
    }
}
