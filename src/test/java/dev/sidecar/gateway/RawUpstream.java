package dev.sidecar.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An upstream whose every byte the test decides. */
final class RawUpstream implements AutoCloseable {

    /** Serves one connection; the first has number 0. */
    interface Script {
        void run(RawConnection connection, int number) throws Exception;
    }

    /** The heads of all requests, in order. */
    final List<String> heads = new CopyOnWriteArrayList<>();

    final List<RawConnection> connections = new CopyOnWriteArrayList<>();
    private final ServerSocket server;

    RawUpstream(Script script) {
        try {
            server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        daemon(() -> acceptAll(script));
    }

    /** Answers every request with the same bytes, on connections that stay open. It reads bodies that have a length. */
    static RawUpstream answering(String answer) {
        RawUpstream[] self = new RawUpstream[1];
        self[0] = new RawUpstream((connection, number) -> {
            for (String message = connection.message(); !message.isEmpty(); message = connection.message()) {
                self[0].heads.add(message);
                connection.send(answer);
            }
        });
        return self[0];
    }

    int port() {
        return server.getLocalPort();
    }

    private void acceptAll(Script script) {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                RawConnection connection = new RawConnection(socket);
                int number = connections.size();
                connections.add(connection);
                daemon(() -> {
                    try {
                        script.run(connection, number);
                    } catch (Exception e) {
                        connection.close();
                    }
                });
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "raw-upstream");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        connections.forEach(RawConnection::close);
    }
}
