package dev.sidecar.gateway;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Finds the upstream's current address. It looks the name up for every new connection (the JVM keeps the answer for 30 s), so that it finds
 * a container that came back with another address, and on a thread of its own, so that a slow name server holds up no other request.
 */
final class UpstreamAddress implements AutoCloseable {

    private static final int HTTP_PORT = 80;

    private final String host;
    private final int port;
    private final ExecutorService lookups;

    UpstreamAddress(URI origin) {
        this.host = origin.getHost();
        this.port = origin.getPort() < 0 ? HTTP_PORT : origin.getPort();
        this.lookups = Executors.newSingleThreadExecutor(new DefaultThreadFactory("gateway-names", true));
    }

    /** Host and port as a Host header names them. */
    String authority() {
        return port == HTTP_PORT ? host : host + ":" + port;
    }

    /** Finds all addresses of the upstream, in the order to try them; fails if the name is unknown. */
    CompletableFuture<List<InetSocketAddress>> resolve() {
        return CompletableFuture.supplyAsync(this::lookUp, lookups);
    }

    @Override
    public void close() {
        lookups.shutdownNow();
    }

    private List<InetSocketAddress> lookUp() {
        try {
            return Arrays.stream(InetAddress.getAllByName(host))
                    .map(address -> new InetSocketAddress(address, port))
                    .toList();
        } catch (UnknownHostException e) {
            throw new CompletionException(e);
        }
    }
}
