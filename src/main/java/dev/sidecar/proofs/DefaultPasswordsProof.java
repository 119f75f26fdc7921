package dev.sidecar.proofs;

import dev.sidecar.backup.BackupProperties;
import dev.sidecar.dashboards.Grafana;
import dev.sidecar.peers.NotConfigured;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

final class DefaultPasswordsProof implements Proof {

    private static final int LIMIT_MS = 5000;
    private static final int UNAUTHORIZED = 401;
    private static final int DEFAULT_REDIS_PORT = 6379;

    private final Grafana grafana;
    private final BackupProperties backup;
    private final ProofsProperties properties;

    DefaultPasswordsProof(Grafana grafana, BackupProperties backup, ProofsProperties properties) {
        this.grafana = grafana;
        this.backup = backup;
        this.properties = properties;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "SEC-1",
                Area.SECURITY,
                "Grafana, PostgreSQL and Redis refuse the passwords that everybody knows (one attempt each).",
                Duration.ofHours(6));
    }

    @Override
    public Finding prove() throws IOException {
        List<String> open = new ArrayList<>();
        List<String> refused = new ArrayList<>();
        if (grafana.publicAddress().isPresent()) {
            (grafana.answerToDefaultPassword() == UNAUTHORIZED ? refused : open).add("Grafana (admin/admin)");
        }
        // Over a socket the operating system lets in whom it knows, a password is not asked for.
        if (backup.isConfigured() && !backup.server().host().startsWith("/")) {
            (postgresRefuses() ? refused : open)
                    .add("PostgreSQL (%s/postgres)".formatted(backup.server().user()));
        }
        String redis = properties.redis();
        if (!redis.isBlank()) {
            (redisRefuses(redis) ? refused : open).add("Redis (no password)");
        }
        if (open.isEmpty() && refused.isEmpty()) {
            throw new NotConfigured(
                    "There is nothing to try: set sidecar.dashboards.grafana-url, sidecar.backup.server.host or sidecar.proofs.redis.");
        }
        return open.isEmpty()
                ? Finding.held("Refused: %s.", Words.list(refused))
                : Finding.broken("Let in: %s. Change these passwords now.", Words.list(open));
    }

    private boolean postgresRefuses() {
        Properties login = new Properties();
        login.setProperty("user", backup.server().user());
        login.setProperty("password", "postgres");
        login.setProperty("loginTimeout", "5");
        login.setProperty("ApplicationName", "sidecar [DRILL]");
        String url = "jdbc:postgresql://%s:%d/%s"
                .formatted(
                        backup.server().host(),
                        backup.server().port(),
                        backup.server().maintenanceDatabase());
        try (var connection = DriverManager.getConnection(url, login)) {
            return !connection.isValid(1);
        } catch (SQLException e) {
            if (e.getSQLState() == null || !e.getSQLState().startsWith("28")) {
                throw new IllegalStateException("PostgreSQL could not be tried: " + e.getMessage());
            }
            return true;
        }
    }

    private static boolean redisRefuses(String address) throws IOException {
        String[] parts = address.split(":");
        int port = parts.length > 1 ? Integer.parseInt(parts[1]) : DEFAULT_REDIS_PORT;
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(parts[0], port), LIMIT_MS);
            socket.setSoTimeout(LIMIT_MS);
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            byte[] answer = new byte[64];
            int length = socket.getInputStream().read(answer);
            return !new String(answer, 0, Math.max(0, length), StandardCharsets.US_ASCII).startsWith("+PONG");
        }
    }
}
