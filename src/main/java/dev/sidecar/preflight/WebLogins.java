package dev.sidecar.preflight;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.security.crypto.bcrypt.BCrypt;

/**
 * Writes the logins of the programs that have none of their own. Each reads a file with a hash of its password; who asks it has the
 * password in a file of its own. A health check asks, too.
 */
final class WebLogins implements Step {

    /** The user name of all clients. */
    static final String USER = "admin";

    /**
     * The least there is. A slow hash makes guessing from it slow, but only the program itself reads it, which is sent the password anyway; and
     * whoever guesses has the program compute one for each guess.
     */
    private static final int COST = 4;

    /** bcrypt reads no more than this, and our implementation refuses more. */
    private static final int LONGEST = 72;

    private static final Pattern HASH = Pattern.compile("(?m)^  " + USER + ": '([^']+)'$");

    /** The programs, and where the password of each lies. No two have the same: a program sees the one that it is asked with. */
    private static final Map<String, String> PASSWORDS = new TreeMap<>(Map.of(
            "prometheus", "prometheus/web_password",
            "alertmanager", "alertmanager/web_password",
            "blackbox-exporter", "prometheus/blackbox_exporter_password",
            "node-exporter", "prometheus/node_exporter_password",
            "nginx-exporter", "prometheus/nginx_exporter_password",
            "postgres-exporter", "prometheus/postgres_exporter_password"));

    /** Those whose image holds a client that can present a password from a file. */
    private static final List<String> CHECKED_BY_CLIENT = List.of("prometheus", "alertmanager");

    private final Path secrets;

    WebLogins(Path secrets) {
        this.secrets = secrets;
    }

    @Override
    public void prepare(Plan plan) {
        PASSWORDS.forEach((service, file) ->
                plan.content(secrets.resolve(file)).ifPresent(password -> login(service, password, plan)));
        CHECKED_BY_CLIENT.forEach(service -> plan.write(
                secrets.resolve(service + "/client.yml"),
                "basic_auth: {username: %s, password_file: /run/secrets/%s/web_password}\n".formatted(USER, service)));
        // Grafana's administrator was lent to the sidecar once, and the exporters had one password.
        plan.remove(secrets.resolve("sidecar/grafana_admin_password"));
        plan.remove(secrets.resolve("prometheus/exporter_password"));
    }

    private void login(String service, String password, Plan plan) {
        if (password.getBytes(java.nio.charset.StandardCharsets.UTF_8).length > LONGEST) {
            plan.found(ReportLine.wrong(
                    "login of " + service,
                    "its password is longer than " + LONGEST + " bytes, of which bcrypt reads no more",
                    "give a shorter one in secrets/"));
            return;
        }
        Path file = secrets.resolve(service + "/web.yml");
        // A new hash of the same password would be another text: the second run shall change nothing.
        String hash = Plan.stored(file)
                .flatMap(WebLogins::hash)
                .filter(stored -> stored.startsWith("$2a$0" + COST) && BCrypt.checkpw(password, stored))
                .orElseGet(() -> BCrypt.hashpw(password, BCrypt.gensalt(COST)));
        plan.write(file, "basic_auth_users:\n  %s: '%s'\n".formatted(USER, hash));
    }

    private static Optional<String> hash(String file) {
        Matcher hash = HASH.matcher(file);
        return hash.find() ? Optional.of(hash.group(1)) : Optional.empty();
    }
}
