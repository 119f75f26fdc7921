package dev.sidecar.demo;

import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.Programs;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Loki of {@code ./run} with the shipped configuration. */
final class LogStore implements AutoCloseable {

    private final Path home;
    private final int port = FreePort.get();
    private final ChildProcess process;

    private LogStore(Path program, Path home) {
        this.home = home;
        this.process = ChildProcess.start(
                "Loki",
                UnixUser.same(),
                Map.of("GOMEMLIMIT", "150MiB"),
                line -> {},
                ChildProcess.guardedWhenReady(
                        home, "TERM", List.of(program.toString(), "-config.file=" + home.resolve("loki.yml"))));
    }

    /** Starts it. @param beside whose name its folder's begins with */
    static LogStore start(Path beside) {
        LogStore store = new LogStore(Programs.find("loki"), Path.of(beside + "-loki"));
        try {
            store.begin();
            return store;
        } catch (IOException e) {
            store.close();
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    private void begin() throws IOException {
        Watching.awaitFolder(home, List.of(process));
        String shipped = Files.readString(Path.of("loki/loki.yml"));
        Files.writeString(
                home.resolve("loki.yml"),
                shipped.replace("/loki", home + "/data")
                        .replace(
                                "http_listen_port: 3100",
                                "http_listen_address: 127.0.0.1\n  http_listen_port: %d\n  grpc_listen_port: %d"
                                        .formatted(port, FreePort.get())));
        Files.writeString(home.resolve("go"), "");
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    @Override
    public void close() {
        process.close();
    }
}
