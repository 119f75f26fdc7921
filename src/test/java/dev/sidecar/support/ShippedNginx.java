package dev.sidecar.support;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The installed nginx with the configuration of the stack: only ports, paths and the gateway's address are this machine's. */
public final class ShippedNginx implements AutoCloseable {

    private final int port = FreePort.get();
    private final Path folder;
    private final Path configuration;
    private final ChildProcess nginx;

    /**
     * @param folder an empty one
     * @param gateway the port of the gateway on this machine
     * @param files files that preflight would write for nginx, by name
     */
    public ShippedNginx(Path folder, int gateway, Map<String, String> files) {
        this(folder, List.of(gateway), files);
    }

    /** @param gateways the ports of several gateways, which it balances */
    public ShippedNginx(Path folder, List<Integer> gateways, Map<String, String> files) {
        try {
            Path secrets = Files.createDirectory(folder.resolve("secrets"));
            for (var file : files.entrySet()) {
                Files.writeString(secrets.resolve(file.getKey()), file.getValue());
            }
            this.folder = folder;
            this.configuration = folder.resolve("nginx.conf");
            Files.writeString(
                    configuration,
                    Files.readString(Path.of("nginx/nginx.conf"))
                            .replaceFirst("(?m)^ *resolver .*$", "")
                            .replaceFirst(
                                    "server gateway:8000 resolve",
                                    gateways.stream()
                                            .map(gateway -> "server 127.0.0.1:" + gateway)
                                            .collect(Collectors.joining(" max_fails=0; ")))
                            .replaceFirst("listen 8080;", "listen 127.0.0.1:" + port + ";")
                            .replaceFirst("listen 8082;", "listen 127.0.0.1:" + FreePort.get() + ";")
                            .replace("/tmp/", folder + "/")
                            .replace("/run/secrets/nginx/", secrets + "/")
                            .replace("/dev/stdout", folder + "/access.log")
                            // The installed one may be older than the stack's.
                            .replaceFirst("(?m)^ *http2 on;$", ""));
            nginx = ChildProcess.start(
                    "nginx",
                    UnixUser.same(),
                    Map.of("PATH", System.getenv("PATH") + ":/usr/sbin"),
                    line -> {},
                    List.of(
                            "nginx",
                            "-p",
                            folder.toString(),
                            "-e",
                            "stderr",
                            "-c",
                            configuration.toString(),
                            "-g",
                            "daemon off;"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        await("nginx").atMost(Duration.ofMinutes(1)).ignoreExceptions().until(() -> {
            nginx.requireAlive();
            new Socket("127.0.0.1", port).close();
            return true;
        });
    }

    /** Has it load another address of a gateway in the place of one, as an operator does before a deploy. */
    public void replace(String server, String by) throws IOException, InterruptedException {
        Files.writeString(configuration, Files.readString(configuration).replace(server, by));
        ProcessBuilder reload = new ProcessBuilder(
                "nginx", "-p", folder.toString(), "-e", "stderr", "-c", configuration.toString(), "-s", "reload");
        reload.environment().merge("PATH", ":/usr/sbin", String::concat);
        if (reload.start().waitFor() != 0) {
            throw new IOException("nginx does not load its configuration again");
        }
    }

    public int port() {
        return port;
    }

    @Override
    public void close() {
        nginx.close();
    }
}
