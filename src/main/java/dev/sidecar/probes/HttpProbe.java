package dev.sidecar.probes;

import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Asks a server for the head of its first page. Any answer counts: name, connection, TLS and HTTP work. The path of the address, which is
 * the secret of most chats, is neither sent nor printed, so nobody gets a message.
 */
final class HttpProbe implements Callable<String> {

    private final URI origin;
    private final Duration limit;

    HttpProbe(URI origin, Duration limit) {
        this.origin = origin;
        this.limit = limit;
    }

    /** The address without user, path and query. @throws IllegalArgumentException if it is no address of a web server */
    static URI originOf(String address) {
        URI uri = URI.create(address.strip());
        if (uri.getHost() == null || !("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
            throw new IllegalArgumentException("no address of a web server");
        }
        return URI.create(uri.getScheme() + "://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort()));
    }

    @Override
    public String call() throws Exception {
        InetAddress.getAllByName(origin.getHost());
        HttpClient client = HttpClient.newBuilder()
                .connectTimeout(limit)
                .followRedirects(HttpClient.Redirect.NEVER)
                .version(HttpClient.Version.HTTP_1_1)
                .build();
        HttpRequest request = HttpRequest.newBuilder(origin.resolve("/"))
                .timeout(limit)
                .method("HEAD", HttpRequest.BodyPublishers.noBody())
                .build();
        CompletableFuture<HttpResponse<Void>> answer =
                client.sendAsync(request, HttpResponse.BodyHandlers.discarding());
        try {
            return (origin.getScheme().equals("https") ? "TLS and HTTP " : "HTTP ")
                    + answer.get(limit.toMillis(), TimeUnit.MILLISECONDS).statusCode();
        } finally {
            answer.cancel(true);
        }
    }
}
