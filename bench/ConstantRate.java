import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Asks at a constant rate, whether the answers come or not, and measures each from the moment it was due: a stall counts for every request
 * that it delayed. Arguments: port, path, requests a second, seconds. Prints: p50 p95 p99 max (ms) errors.
 */
public final class ConstantRate {

    private static final int THREADS = 64;
    private static final long LONGEST_REST = 500_000_000;

    private final int port;
    private final byte[] request;
    private final Deque<Connection> idle = new ArrayDeque<>();
    private final AtomicInteger errors = new AtomicInteger();

    private ConstantRate(int port, String path) {
        this.port = port;
        this.request = ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    public static void main(String[] args) throws Exception {
        var run = new ConstantRate(Integer.parseInt(args[0]), args[1]);
        int rate = Integer.parseInt(args[2]);
        run.measure(rate, 3 * rate);
        run.errors.set(0);
        long[] nanos = run.measure(rate, Integer.parseInt(args[3]) * rate);
        Arrays.sort(nanos);
        System.out.printf(
                "%.3f %.3f %.3f %.3f %d%n",
                at(nanos, 0.50), at(nanos, 0.95), at(nanos, 0.99), at(nanos, 1), run.errors.get());
        System.exit(0);
    }

    private static double at(long[] sorted, double quantile) {
        return sorted[(int) Math.min(sorted.length - 1, Math.ceil(quantile * sorted.length))] / 1e6;
    }

    private long[] measure(int rate, int count) throws InterruptedException {
        long[] nanos = new long[count];
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        long start = System.nanoTime() + 50_000_000;
        for (int i = 0; i < count; i++) {
            int number = i;
            long due = start + i * 1_000_000_000L / rate;
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            threads.execute(() -> {
                ask();
                nanos[number] = System.nanoTime() - due;
            });
        }
        threads.shutdown();
        threads.awaitTermination(1, TimeUnit.MINUTES);
        return nanos;
    }

    private void ask() {
        Connection connection = null;
        try {
            synchronized (idle) {
                connection = idle.pollLast();
            }
            // A connection that rested may be closed by now; whoever measures servers must not stumble over that.
            boolean fresh = connection == null || System.nanoTime() - connection.used > LONGEST_REST;
            connection = fresh ? new Connection(port) : connection;
            if (!connection.ask(request)) {
                errors.incrementAndGet();
            }
            connection.used = System.nanoTime();
            synchronized (idle) {
                idle.addLast(connection);
            }
        } catch (IOException e) {
            errors.incrementAndGet();
        }
    }

    private static final class Connection {

        private final Socket socket;
        private final InputStream in;
        private long used;

        Connection(int port) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            in = new BufferedInputStream(socket.getInputStream(), 16384);
        }

        boolean ask(byte[] request) throws IOException {
            socket.getOutputStream().write(request);
            boolean good = line().startsWith("HTTP/1.1 200 ");
            int length = 0;
            for (String line = line(); !line.isEmpty(); line = line()) {
                if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
                    length = Integer.parseInt(line.substring(15).trim());
                }
            }
            return in.readNBytes(length).length == length && length > 0 && good;
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int octet = in.read(); octet != '\n'; octet = in.read()) {
                if (octet < 0) {
                    throw new IOException("closed");
                }
                line.append((char) octet);
            }
            return line.toString().strip();
        }
    }
}
