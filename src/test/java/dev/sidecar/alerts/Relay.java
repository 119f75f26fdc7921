package dev.sidecar.alerts;

import dev.sidecar.support.FreePort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** A fixed address for a server that is stopped and comes back at another port, as a name is on the compose network. */
final class Relay implements AutoCloseable {

    /** Speaks to a client before it is joined to the server. */
    interface Greeting {
        void to(Socket client) throws IOException;
    }

    private final int port = FreePort.get();
    private final Greeting greeting;
    private volatile int target;
    private ServerSocket listener;

    Relay(int target) {
        this(target, client -> {});
    }

    Relay(int target, Greeting greeting) {
        this.greeting = greeting;
        leadTo(target);
    }

    int port() {
        return port;
    }

    /** New connections go to this port from now on; after {@link #close()} it answers again. */
    void leadTo(int newTarget) {
        target = newTarget;
        if (listener != null && !listener.isClosed()) {
            return;
        }
        try {
            listener = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ServerSocket opened = listener;
        daemon(() -> accept(opened));
    }

    private void accept(ServerSocket opened) {
        while (!opened.isClosed()) {
            try {
                Socket client = opened.accept();
                daemon(() -> join(client, target));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void join(Socket client, int target) {
        try (client;
                Socket server = new Socket(InetAddress.getLoopbackAddress(), target)) {
            greeting.to(client);
            daemon(() -> copy(server, client));
            copy(client, server);
        } catch (IOException e) {
            // The server is not there: the client sees its connection closed, which is the point.
        }
    }

    private static void copy(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // One side went; the other is closed, too.
        }
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "relay");
        thread.setDaemon(true);
        thread.start();
    }

    /** Connections are refused, as when the server is stopped. */
    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
