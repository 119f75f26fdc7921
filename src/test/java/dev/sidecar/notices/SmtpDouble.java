package dev.sidecar.notices;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A mail server that fails at a chosen command with a chosen reply; GreenMail can only succeed. An empty reply means silence. */
public final class SmtpDouble implements AutoCloseable {

    private final ServerSocket socket;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, String> replies;

    /** @param replies by command, such as {@code RCPT}; {@code GREETING} is the first line */
    public SmtpDouble(Map<String, String> replies) {
        this.replies = replies;
        try {
            socket = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.execute(this::accept);
    }

    public int port() {
        return socket.getLocalPort();
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                threads.execute(() -> talk(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void talk(Socket client) {
        try (client;
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII))) {
            if (!say(client, replies.getOrDefault("GREETING", "220 localhost ready"))) {
                in.readLine();
                return;
            }
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String command = line.split(" ")[0].toUpperCase(java.util.Locale.ROOT);
                String usual = switch (command) {
                    case "EHLO" -> "250-localhost\r\n250 AUTH LOGIN PLAIN";
                    case "AUTH" -> "235 ok";
                    case "DATA" -> "354 go on";
                    case "QUIT" -> "221 bye";
                    default -> "250 ok";
                };
                String reply = replies.getOrDefault(command, usual);
                if (reply.equals("CUT")) {
                    return;
                }
                if (!say(client, reply)) {
                    while (in.readLine() != null) {
                        // Listens and says nothing.
                    }
                    return;
                }
                if (command.equals("DATA") && reply.startsWith("354")) {
                    for (String text = in.readLine(); text != null && !text.equals("."); text = in.readLine()) {
                        // The message itself.
                    }
                    say(client, replies.getOrDefault(".", "250 taken"));
                }
            }
        } catch (IOException e) {
            // The client has hung up.
        }
    }

    private static boolean say(Socket client, String reply) throws IOException {
        if (reply.isEmpty()) {
            return false;
        }
        client.getOutputStream().write((reply + "\r\n").getBytes(StandardCharsets.US_ASCII));
        client.getOutputStream().flush();
        return true;
    }

    @Override
    public void close() throws IOException {
        socket.close();
        threads.shutdownNow();
    }
}
