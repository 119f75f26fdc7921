package dev.sidecar.probes;

import dev.sidecar.text.Limited;
import java.io.InputStreamReader;
import java.io.Reader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;

/** Says PING to Redis. The sidecar has no password of it, so that Redis asks for one is an answer, too. */
final class RedisProbe implements Callable<String> {

    private static final int LONGEST_LINE = 200;

    private final String host;
    private final int port;
    private final Duration limit;

    RedisProbe(String host, int port, Duration limit) {
        this.host = host;
        this.port = port;
        this.limit = limit;
    }

    @Override
    public String call() throws Exception {
        try (Socket socket = LimitedSocket.connect(host, port, limit)) {
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            Reader in = new InputStreamReader(LimitedSocket.answers(socket), StandardCharsets.ISO_8859_1);
            String line = Limited.line(in, LONGEST_LINE);
            if (line == null) {
                throw new Unanswered("it closed the connection without an answer");
            }
            if (line.startsWith("+PONG")) {
                return "PONG, without a password";
            }
            if (line.startsWith("-NOAUTH") || line.startsWith("-WRONGPASS")) {
                return "it requires a password";
            }
            throw new Unanswered("this is not what Redis answers: " + line);
        }
    }
}
