package dev.sidecar.support;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A port of the loopback address that nobody uses, for a program that cannot choose one itself. It is below those that the system
 * gives away by itself, and out of a range of this JVM's own: tests run in several at once, and a port that is free now shall be
 * free when the program opens it.
 */
public final class FreePort {

    private static final int FIRST = 10_000;
    private static final int RANGE = 1_000;
    private static final int RANGES = 20;

    private static final AtomicInteger NEXT = new AtomicInteger();
    private static final ServerSocket OWN = ownRange();

    private FreePort() {}

    public static int get() {
        for (int tried = 0; tried < RANGE; tried++) {
            int port = OWN.getLocalPort() + 1 + NEXT.getAndIncrement() % (RANGE - 1);
            if (isFree(port)) {
                return port;
            }
        }
        throw new IllegalStateException("no port is free after " + OWN.getLocalPort());
    }

    /** Holding the first port of a range keeps other JVMs off the rest. */
    private static ServerSocket ownRange() {
        for (int range = 0; range < RANGES; range++) {
            try {
                return new ServerSocket(FIRST + range * RANGE, 1, InetAddress.getLoopbackAddress());
            } catch (IOException e) {
                // Another JVM's.
            }
        }
        throw new IllegalStateException(
                "%d test JVMs run at once, or their ports from %d on are taken".formatted(RANGES, FIRST));
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
