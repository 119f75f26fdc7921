package dev.sidecar.gateway;

import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** An nginx that passes everything on, to compare with. */
final class PlainNginx {

    private PlainNginx() {}

    static ChildProcess before(int upstream, int port, Path folder) throws IOException {
        Path configuration = Files.writeString(folder.resolve("nginx.conf"), """
                daemon off; master_process off; pid %1$s/nginx.pid; error_log stderr crit; worker_processes 1;
                events {}
                http {
                  access_log off; client_body_temp_path %1$s/b; proxy_temp_path %1$s/p; fastcgi_temp_path %1$s/f;
                  uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
                  server {
                    listen 127.0.0.1:%2$d; merge_slashes off;
                    location / {
                      proxy_pass http://127.0.0.1:%3$d; proxy_http_version 1.1; proxy_set_header Host $http_host;
                    }
                  }
                }
                """.formatted(folder, port, upstream));
        ChildProcess nginx = ChildProcess.start(
                "nginx",
                UnixUser.same(),
                Map.of("PATH", System.getenv("PATH") + ":/usr/sbin"),
                line -> {},
                List.of("nginx", "-p", folder.toString(), "-e", "stderr", "-c", configuration.toString()));
        Awaitility.await("nginx")
                .atMost(Duration.ofMinutes(1))
                .ignoreExceptions()
                .until(() -> {
                    nginx.requireAlive();
                    new Socket("127.0.0.1", port).close();
                    return true;
                });
        return nginx;
    }
}
