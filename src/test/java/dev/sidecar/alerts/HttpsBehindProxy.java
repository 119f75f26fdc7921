package dev.sidecar.alerts;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.sidecar.support.TestCertificate;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A service whose address cannot be set, only the proxy before it: whatever the client asks the proxy for leads to one HTTPS server here. */
final class HttpsBehindProxy implements AutoCloseable {

    private final Outside service;
    private final Relay proxy;

    HttpsBehindProxy(Path directory) throws IOException {
        HttpsServer https = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        https.setHttpsConfigurator(new HttpsConfigurator(TestCertificate.tls(directory, "api.pushover.net")));
        service = new Outside(https);
        proxy = new Relay(service.port(), HttpsBehindProxy::connected);
    }

    Outside service() {
        return service;
    }

    String proxyUrl() {
        return "http://127.0.0.1:" + proxy.port();
    }

    private static void connected(Socket client) throws IOException {
        BufferedReader request =
                new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
        while (!request.readLine().isEmpty()) {
            // The client says nothing more before it has its answer.
        }
        client.getOutputStream()
                .write("HTTP/1.1 200 Connection established\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void close() {
        proxy.close();
        service.close();
    }
}
