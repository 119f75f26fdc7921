package dev.sidecar.preflight.satellites;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The switch {@code SATELLITES=1}: the edge lets pushes of other hosts through to the relay, which runs then. Without it the edge has no such
 * path, and what it is asked there goes to the API like everything else.
 */
public final class Pushes {

    /** The switch in {@code .env}. */
    public static final String SWITCH = "SATELLITES";

    private static final String ZONES = """
            # Written by preflight, because SATELLITES is 1.
            limit_req_zone $client zone=satellite_requests:1m rate=50r/s;
            # A token in the clear is given away. A load balancer of yours (EDGE_TRUSTED_PROXIES) may say that TLS ended there.
            map "$scheme $realip_remote_addr $remote_addr $http_x_forwarded_proto" $satellite_in_the_clear {
                "~^https " "";
                "~^http (\\S+) \\1 " 1;
                "~^http \\S+ \\S+ https$" "";
                default 1;
            }
            """;

    /**
     * Not in the access log: it is the API's, whose error rates it would change. The relay counts what it refuses. Bodies pass
     * unbuffered, as the relay knows who pushes before it reads one.
     */
    private static final String LOCATION = """
            # Written by preflight, because SATELLITES is 1.
            location ^~ /satellites/ {
                if ($satellite_in_the_clear) {
                    return 403 "Push over https.\\n";
                }
                set $relay relay:8002;
                proxy_pass http://$relay;
                proxy_http_version 1.1;
                proxy_set_header Host relay;
                proxy_set_header X-Real-IP $remote_addr;
                proxy_set_header Connection "";
                limit_req zone=satellite_requests burst=200 nodelay;
                client_max_body_size 2m;
                proxy_request_buffering off;
                proxy_connect_timeout 5s;
                proxy_read_timeout 30s;
                proxy_send_timeout 30s;
                access_log off;
            }
            """;

    /**
     * Tells what is wrong with a setting.
     *
     * @param setting its name in {@code .env}
     */
    public record Problem(String setting, String what, String fix) {}

    private final Function<String, Optional<String>> settings;
    private final Function<Path, Optional<String>> kept;
    private final Path secrets;

    /**
     * @param settings the stack's settings, by their names in {@code .env}
     * @param kept what a file holds, or will
     * @param secrets folder with a folder for each service
     */
    public Pushes(Function<String, Optional<String>> settings, Function<Path, Optional<String>> kept, Path secrets) {
        this.settings = settings;
        this.kept = kept;
        this.secrets = secrets;
    }

    /** Other hosts may push here. */
    public static boolean isOn(Function<String, Optional<String>> settings) {
        return settings.apply(SWITCH).filter("1"::equals).isPresent();
    }

    /** Reports settings that contradict each other. */
    public Optional<Problem> problem() {
        boolean encrypted = kept.apply(secrets.resolve("nginx/tls.conf")).isPresent()
                || settings.apply("EDGE_TRUSTED_PROXIES").isPresent();
        return isOn(settings) && !encrypted
                ? Optional.of(new Problem(
                        SWITCH,
                        "is 1, and the edge has no TLS: tokens would cross the network in the clear",
                        "save a certificate as secrets/tls.crt and secrets/tls.key, or name the load balancer that ends TLS in"
                                + " EDGE_TRUSTED_PROXIES"))
                : Optional.empty();
    }

    /** Each file with what it holds from now on; empty for one that goes. */
    public Map<Path, Optional<String>> files() {
        boolean on = isOn(settings);
        boolean logs = settings.apply("LOGS_AND_DASHBOARDS").filter("0"::equals).isEmpty();
        Map<Path, Optional<String>> files = new LinkedHashMap<>();
        files.put(secrets.resolve("nginx/satellites.zones"), given(on, ZONES));
        files.put(secrets.resolve("nginx/satellites.conf"), given(on, LOCATION));
        files.put(secrets.resolve("sidecar/settings/sidecar.hosts.enabled"), given(on, "true"));
        files.put(
                secrets.resolve("relay/settings/sidecar.relay.loki-url"),
                logs && on ? settings.apply("LOKI_ADDRESS") : Optional.empty());
        return files;
    }

    private static Optional<String> given(boolean on, String content) {
        return on ? Optional.of(content) : Optional.empty();
    }
}
