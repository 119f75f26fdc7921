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
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
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
        ExecutorService threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "probe");
            // A question without an answer must not keep the command from ending.
            thread.setDaemon(true);
            return thread;
        });
        try {
            long began = System.nanoTime();
            List<Asked> asked =
                    probes.stream().map(probe -> ask(probe, threads, began)).toList();
            int width = probes.stream()
                    .mapToInt(probe -> probe.what().length())
                    .max()
                    .orElse(0);
            int answered = 0;
            for (Asked one : asked) {
                Answer answer = await(one, began);
                print(one.probe(), answer, width, out);
                answered += answer.right() ? 1 : 0;
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

    /** @param took nanoseconds until it answered */
    private record Asked(Probe probe, Future<String> answer, AtomicLong took) {}

    private record Answer(boolean right, String said, long took) {}

    private static Asked ask(Probe probe, ExecutorService threads, long began) {
        AtomicLong took = new AtomicLong();
        return new Asked(
                probe,
                threads.submit(() -> {
                    try {
                        return probe.ask().call();
                    } finally {
                        took.set(System.nanoTime() - began);
                    }
                }),
                took);
    }

    private Answer await(Asked asked, long began) throws InterruptedException {
        try {
            long left = Math.max(0, limit.plus(MARGIN).toNanos() - (System.nanoTime() - began));
            String said = asked.answer().get(left, TimeUnit.NANOSECONDS);
            return new Answer(true, said, asked.took().get());
        } catch (ExecutionException e) {
            return new Answer(
                    false,
                    reason(e.getCause() == null ? e : e.getCause()),
                    asked.took().get());
        } catch (TimeoutException | CancellationException e) {
            return new Answer(false, "no answer within " + limit.toSeconds() + " s", System.nanoTime() - began);
        }
    }

    private static void print(Probe probe, Answer answer, int width, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "%-5s  %-" + Math.max(1, width) + "s  %s: %s (%.1f s)%s%n",
                answer.right() ? "ON" : "WRONG",
                probe.what(),
                probe.where(),
                shown(answer.said()),
                answer.took() / 1e9,
                answer.right() ? "" : ". Fix: " + probe.fix());
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
