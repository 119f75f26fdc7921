package dev.sidecar.proofs.security;

import dev.sidecar.grafana.Grafana;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.secrets.Secret;
import dev.sidecar.text.HostileText;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

final class DefaultPasswordsProof implements Proof {

    private static final int LIMIT_MS = 5000;
    /** Longer than the windows of the rules about failed logins. */
    private static final Duration PAUSE = Duration.ofMinutes(15);

    private static final int OK = 200;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    /** An address of IPv6 is in brackets. */
    private static final Pattern ADDRESS = Pattern.compile("\\[?(.+?)]?(?::(\\d{1,5}))?");

    private static final int DEFAULT_REDIS_PORT = 6379;

    private final Grafana grafana;
    private final Postgres postgres;
    private final SecurityProofsProperties properties;
    private final Clock clock;
    /** When each program last refused: a retry because another one was down does not try it again, as many wrong passwords look like an attack. */
    private final Map<String, Instant> refusedAt = new ConcurrentHashMap<>();

    DefaultPasswordsProof(Grafana grafana, Postgres postgres, SecurityProofsProperties properties, Clock clock) {
        this.grafana = grafana;
        this.postgres = postgres;
        this.properties = properties;
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "SEC-1",
                Area.SECURITY,
                "Grafana, PostgreSQL and Redis reject well-known default passwords (one or two attempts each).",
                Duration.ofHours(6));
    }

    @Override
    public Finding prove() {
        List<String> open = new ArrayList<>();
        List<String> refused = new ArrayList<>();
        List<String> untried = new ArrayList<>();
        if (grafana.publicAddress().isPresent()) {
            attempt("Grafana (admin/admin)", this::grafanaRefuses, open, refused, untried);
        }
        // Over a socket the operating system identifies the user, so no password is needed.
        if (postgres.isConfigured() && !postgres.address().isSocket()) {
            attempt("PostgreSQL (postgres/postgres)", this::postgresRefuses, open, refused, untried);
        }
        String redis = properties.redis();
        List<String> absent = new ArrayList<>();
        if (grafana.publicAddress().isEmpty()) {
            absent.add("Grafana");
        }
        if (!postgres.isConfigured()) {
            absent.add("PostgreSQL");
        }
        if (redis.isBlank()) {
            absent.add("Redis");
        }
        if (!redis.isBlank()) {
            attempt("Redis (no password, foobared)", () -> redisRefuses(redis), open, refused, untried);
        }
        if (open.isEmpty() && refused.isEmpty() && untried.isEmpty()) {
            throw new NotConfigured(
                    "Nothing to test: set sidecar.dashboards.grafana-url, sidecar.backup.server.host or sidecar.proofs.redis.");
        }
        if (untried.isEmpty()) {
            refusedAt.clear();
        }
        if (open.isEmpty() && !untried.isEmpty()) {
            return Finding.inconclusive(
                    "Could not test %s. Rejected: %s.",
                    String.join("; ", untried), refused.isEmpty() ? "none" : Finding.list(refused));
        }
        return open.isEmpty()
                ? Finding.held(
                        "Rejected: %s.%s",
                        Finding.list(refused),
                        absent.isEmpty() ? "" : " Not set up, so not tested: %s.".formatted(Finding.list(absent)))
                : Finding.broken("Accepted: %s. Change these passwords now.", Finding.list(open));
    }

    /** Tests one program; one that cannot be tested does not hide the results of the others. */
    private void attempt(
            String what, Callable<Boolean> refuses, List<String> open, List<String> refused, List<String> untried) {
        Instant before = refusedAt.get(what);
        if (before != null && clock.instant().isBefore(before.plus(PAUSE))) {
            refused.add("%s at %s".formatted(what, before.truncatedTo(ChronoUnit.SECONDS)));
            return;
        }
        try {
            if (refuses.call()) {
                refused.add(what);
                refusedAt.put(what, clock.instant());
            } else {
                open.add(what);
            }
        } catch (Exception e) {
            untried.add("%s: %s".formatted(what, withoutFullStop(String.valueOf(e.getMessage()))));
        }
    }

    private static String withoutFullStop(String sentences) {
        return sentences.endsWith(".") ? sentences.substring(0, sentences.length() - 1) : sentences;
    }

    private boolean grafanaRefuses() {
        int status = grafana.answerToDefaultPassword();
        if (status != OK && status != UNAUTHORIZED && status != FORBIDDEN) {
            throw new PeerUnavailable(
                    "Grafana answered a login with %d, which neither accepts nor rejects it.".formatted(status));
        }
        return status != OK;
    }

    private boolean postgresRefuses() {
        // The public image's own instructions give this user and password.
        return !postgres.address().accepts("postgres", Secret.of("postgres"));
    }

    /** Redis rejects an empty password and the example from its own configuration file. */
    private static boolean redisRefuses(String address) throws IOException {
        Matcher parts = ADDRESS.matcher(address);
        if (!parts.matches()) {
            throw new IOException("'%s' is no host:port".formatted(address));
        }
        int port = parts.group(2) == null ? DEFAULT_REDIS_PORT : Integer.parseInt(parts.group(2));
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(parts.group(1), port), LIMIT_MS);
            socket.setSoTimeout(LIMIT_MS);
            return isRefusal(answer(socket, "PING"), "+PONG", "-NOAUTH")
                    && isRefusal(answer(socket, "AUTH foobared"), "+OK", "-WRONGPASS", "-ERR invalid password");
        }
    }

    /** While it loads its data, or if something else listens there, nothing is said about passwords. */
    private static boolean isRefusal(String answer, String accepted, String... refused) throws IOException {
        if (answer.startsWith(accepted)) {
            return false;
        }
        if (Stream.of(refused).noneMatch(answer::startsWith)) {
            throw new IOException("Redis answered a login with '%s', which neither accepts nor rejects it"
                    .formatted(HostileText.line(answer.strip())));
        }
        return true;
    }

    private static String answer(Socket socket, String command) throws IOException {
        socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
        byte[] answer = new byte[256];
        int length = socket.getInputStream().read(answer);
        if (length <= 0) {
            throw new IOException("Redis closed the connection without an answer");
        }
        return new String(answer, 0, length, StandardCharsets.US_ASCII);
    }
}
