package dev.sidecar.proofs.security;

import dev.sidecar.peers.Peer;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.core.env.Environment;

final class ControlPlaneProof implements Proof {

    private static final List<String> CLOSED =
            List.of("/api/report", "/api/backups", "/readiness", "/actuator/env", "/actuator/info");
    private static final Set<String> ANY = Set.of("0.0.0.0", "::");
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int LOWEST_REDIRECT = 300;
    private static final int LOWEST_ERROR = 400;

    private final Environment environment;

    ControlPlaneProof(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "SEC-6",
                Area.SECURITY,
                "The web pages, the API and the actuator require a login, and the webhook requires a token.",
                Duration.ofMinutes(30));
    }

    @Override
    public Finding prove() {
        Peer stranger = new Peer("The control plane", "server.port", address(), Duration.ofSeconds(10));
        List<String> open = new ArrayList<>();
        List<String> answers = new ArrayList<>();
        for (String path : CLOSED) {
            record(path, stranger.status(path), open, answers);
        }
        record("/actuator/prometheus", stranger.status("/actuator/prometheus"), open, answers);
        record("/hooks/alerts/webhook", stranger.postJson("/hooks/alerts/webhook", Map.of()), open, answers);
        return (open.isEmpty()
                        ? Finding.held("%d paths were requested without a login; all refused.", answers.size())
                        : Finding.broken("Open without a login: %s.", Finding.list(open)))
                .with(answers);
    }

    private URI address() {
        String host = environment.getProperty("server.address", "");
        return URI.create("http://%s:%s"
                .formatted(
                        host.isBlank() || ANY.contains(host)
                                ? "127.0.0.1"
                                : host.contains(":") ? "[" + host + "]" : host,
                        environment.getProperty("local.server.port", "8080")));
    }

    private static void record(String path, int status, List<String> open, List<String> answers) {
        answers.add(path + ": " + status);
        boolean refused = status == UNAUTHORIZED
                || status == FORBIDDEN
                || status == NOT_FOUND
                || (status >= LOWEST_REDIRECT && status < LOWEST_ERROR);
        if (!refused) {
            open.add(path);
        }
    }
}
