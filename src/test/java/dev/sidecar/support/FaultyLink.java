package dev.sidecar.support;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A link to an HTTP server that fails when told to: requests pass through unchanged, one connection each, until a fault that is
 * waiting for such a request takes it.
 */
public final class FaultyLink implements AutoCloseable {

    private final ServerSocket listener;
    private final int target;
    private final List<Waiting> faults = new CopyOnWriteArrayList<>();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedDeque<String> requests = new ConcurrentLinkedDeque<>();

    private FaultyLink(ServerSocket listener, int target) {
        this.listener = listener;
        this.target = target;
    }

    public static FaultyLink to(int port) {
        try {
            FaultyLink link = new FaultyLink(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), port);
            daemon(link::accept);
            return link;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String endpoint() {
        return "http://127.0.0.1:" + listener.getLocalPort();
    }

    /** Request lines seen so far. */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    /** From now on, so many requests whose first line contains the text meet the fault. */
    public void next(int times, String requestLineContains, Fault fault) {
        for (int i = 0; i < times; i++) {
            faults.add(new Waiting(requestLineContains, fault));
        }
    }

    /** No more faults. */
    public void repair() {
        faults.clear();
    }

    private record Waiting(String text, Fault fault) {}

    /** One of these happens to a request instead of being forwarded. */
    @FunctionalInterface
    public interface Fault {

        void meet(byte[] head, Socket client, Forward forward) throws Exception;

        /** The server's own way of saying no. */
        static Fault answer(int status, String code) {
            return (head, client, forward) -> {
                drain(client.getInputStream());
                String body =
                        "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>a fault of the test</Message></Error>"
                                .formatted(code);
                String date = java.time.format.DateTimeFormatter.RFC_1123_DATE_TIME.format(
                        java.time.ZonedDateTime.now(java.time.ZoneOffset.UTC));
                client.getOutputStream()
                        .write(("HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n"
                                        + "Connection: close\r\n\r\n%s")
                                .formatted(status, code, date, body.length(), body)
                                .getBytes(StandardCharsets.US_ASCII));
            };
        }

        /** Takes the request and never says anything. */
        static Fault silence() {
            return (head, client, forward) -> {
                while (client.getInputStream().read() >= 0) {
                    // until the client has had enough
                }
            };
        }

        /** The server does what it was asked to, but the answer is lost. */
        static Fault lostAnswer() {
            return (head, client, forward) -> forward.to(OutputStream.nullOutputStream());
        }

        /** The answer breaks off. */
        static Fault cutAfter(int bytes) {
            return (head, client, forward) -> forward.to(new OutputStream() {
                private int left = bytes;

                @Override
                public void write(int b) throws IOException {
                    if (left-- <= 0) {
                        client.close();
                        throw new IOException("cut");
                    }
                    client.getOutputStream().write(b);
                }
            });
        }

        /** The answer begins, and then nothing more comes. */
        static Fault stallAfter(int bytes) {
            return (head, client, forward) -> forward.to(new OutputStream() {
                private int left = bytes;

                @Override
                public void write(int b) throws IOException {
                    if (left-- > 0) {
                        client.getOutputStream().write(b);
                    } else {
                        while (client.getInputStream().read() >= 0) {
                            // until the client has had enough
                        }
                        throw new IOException("stalled");
                    }
                }
            });
        }

        private static void drain(InputStream in) throws IOException {
            // Closing with unread bytes would reset the connection before the answer is read.
            long quiet = System.nanoTime() + 300_000_000L;
            while (System.nanoTime() < quiet) {
                if (in.available() > 0) {
                    in.skip(in.available());
                    quiet = System.nanoTime() + 300_000_000L;
                } else {
                    Thread.onSpinWait();
                }
            }
        }
    }

    /** Hands the request on to the server. */
    @FunctionalInterface
    public interface Forward {

        void to(OutputStream answer) throws IOException;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                sockets.add(client);
                daemon(() -> serve(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            byte[] head = head(client.getInputStream());
            if (head.length == 0) {
                return;
            }
            String line = new String(head, StandardCharsets.US_ASCII).split("\r\n", 2)[0];
            requests.add(line);
            Forward forward = answer -> forward(head, client, answer);
            Fault fault = faultFor(line);
            if (fault == null) {
                forward.to(client.getOutputStream());
            } else {
                fault.meet(head, client, forward);
            }
        } catch (Exception e) {
            // A broken link is what this is for; the client tells the test what it saw.
        } finally {
            sockets.remove(client);
        }
    }

    private Fault faultFor(String line) {
        for (Waiting waiting : faults) {
            if (line.contains(waiting.text) && faults.remove(waiting)) {
                return waiting.fault;
            }
        }
        return null;
    }

    private void forward(byte[] head, Socket client, OutputStream answer) throws IOException {
        try (Socket server = new Socket(InetAddress.getLoopbackAddress(), target)) {
            sockets.add(server);
            server.getOutputStream().write(head);
            daemon(() -> {
                try {
                    client.getInputStream().transferTo(server.getOutputStream());
                } catch (IOException e) {
                    // The other direction sees the same.
                }
            });
            server.getInputStream().transferTo(answer);
            sockets.remove(server);
        }
    }

    /** The head of the request, told to be the last one of its connection, so that the next comes on a new one. */
    private static byte[] head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int ends = 0;
        while (ends < 4) {
            int b = in.read();
            if (b < 0) {
                return new byte[0];
            }
            head.write(b);
            ends = b == (ends % 2 == 0 ? '\r' : '\n') ? ends + 1 : (b == '\r' ? 1 : 0);
        }
        List<String> lines = new ArrayList<>(
                List.of(head.toString(StandardCharsets.ISO_8859_1).split("\r\n")));
        lines.removeIf(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith("connection:"));
        lines.add("Connection: close");
        return (String.join("\r\n", lines) + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "faulty-link");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
