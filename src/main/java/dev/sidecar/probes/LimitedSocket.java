package dev.sidecar.probes;

import dev.sidecar.text.Limited;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;

/** Connections to servers that may say anything for ever, one letter after the other: each has an end, in time and in bytes. */
final class LimitedSocket {

    private static final int MOST_BYTES = 64 * 1024;
    /** After whoever asked has given up, so that the message is that one's. */
    private static final Duration LATER = Duration.ofSeconds(3);

    private LimitedSocket() {}

    /** Connects. @param limit for the connection, for each answer, and nearly so for all of it */
    static Socket connect(String host, int port, Duration limit) throws IOException {
        Socket socket = Limited.inTime(new Socket(), limit.plus(LATER));
        try {
            socket.connect(new InetSocketAddress(InetAddress.getByName(host), port), (int) limit.toMillis());
            socket.setSoTimeout((int) limit.toMillis());
            return socket;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** The peer's bytes; reading fails once they are too many. */
    static InputStream answers(Socket socket) throws IOException {
        return Limited.stream(socket.getInputStream(), MOST_BYTES);
    }
}
