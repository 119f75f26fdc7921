package dev.sidecar.probes;

import dev.sidecar.farend.FarEnd;
import dev.sidecar.pitr.Pitr;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.postgres.ServerAddress;
import dev.sidecar.postgres.Session;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/** Finds what to ask in the settings by which the sidecar itself runs. */
final class Configured {

    private static final String MAIL = "sidecar.alerts.mail.";
    private static final int MOST_DATABASES = 20;

    /** Channels by their name and the setting that holds their address. */
    private static final Map<String, String> CHANNELS = channels();

    private final UnaryOperator<String> setting;
    private final List<String> endpoints;
    private final @Nullable Postgres postgres;
    private final @Nullable Pitr pitr;
    private final @Nullable FarEnd farEnd;
    private final Duration limit;

    /** @param setting the value of a setting; empty if it is not given */
    Configured(
            UnaryOperator<String> setting,
            List<String> endpoints,
            @Nullable Postgres postgres,
            @Nullable Pitr pitr,
            @Nullable FarEnd farEnd,
            Duration limit) {
        this.setting = setting;
        this.endpoints = endpoints;
        this.postgres = postgres;
        this.pitr = pitr;
        this.farEnd = farEnd;
        this.limit = limit;
    }

    private static Map<String, String> channels() {
        Map<String, String> channels = new LinkedHashMap<>();
        channels.put("Slack", "sidecar.alerts.slack.webhook-url");
        channels.put("Microsoft Teams", "sidecar.alerts.teams.webhook-url");
        channels.put("Discord", "sidecar.alerts.discord.webhook-url");
        channels.put("Mattermost", "sidecar.alerts.mattermost.webhook-url");
        channels.put("Google Chat", "sidecar.alerts.google-chat.webhook-url");
        channels.put("ntfy", "sidecar.alerts.ntfy.url");
        channels.put("heartbeat", "sidecar.alerts.heartbeat-url");
        return channels;
    }

    List<Probe> probes() {
        List<Probe> probes = new ArrayList<>();
        if (isGiven(MAIL + "smarthost")) {
            probes.add(mail());
        }
        CHANNELS.forEach((name, address) -> {
            if (isGiven(address)) {
                probes.add(channel(name, value(address)));
            }
        });
        if (isGiven("sidecar.alerts.telegram.bot-token")) {
            String own = value("sidecar.alerts.telegram.api-url");
            probes.add(channel("Telegram", own.isEmpty() ? "https://api.telegram.org" : own));
        }
        if (isGiven("sidecar.alerts.pushover.token")) {
            probes.add(channel("Pushover", "https://api.pushover.net"));
        }
        for (String endpoint : endpoints) {
            String[] parts = endpoint.split("=", 2);
            if (parts.length == 2) {
                probes.add(channel(parts[0].strip(), parts[1]));
            }
        }
        if (isGiven("sidecar.gateway.upstream")) {
            probes.add(web(
                    "API",
                    value("sidecar.gateway.upstream"),
                    "see that the API runs and that UPSTREAM_URL (sidecar.gateway.upstream) names it"));
        }
        if (postgres != null && postgres.isConfigured()) {
            probes.add(database(postgres));
        }
        if (pitr != null && pitr.isEnabled()) {
            probes.add(new Probe(
                    "point-in-time recovery",
                    value("sidecar.pitr.stanza"),
                    "follow the steps of docs/pitr.md from the one that it names; 'pgbackrest check' then archives a segment",
                    pitr::answer));
        }
        if (farEnd != null) {
            farEnd.writeAddress()
                    .ifPresent(
                            address -> probes.add(
                                    web(
                                            "far end",
                                            address.toString(),
                                            "check REMOTE_WRITE_URL, and that a firewall, proxy or DNS lets this machine out to that host")));
            farEnd.address()
                    .ifPresent(address -> probes.add(new Probe(
                            "far end, reading",
                            address.toString(),
                            "check REMOTE_WRITE_QUERY_URL, REMOTE_WRITE_USERNAME, REMOTE_WRITE_TENANT and the secrets beside them"
                                    + " (docs/far-ends.md)",
                            farEnd::answer)));
        }
        if (isGiven("sidecar.proofs.redis")) {
            probes.add(redis(value("sidecar.proofs.redis")));
        }
        return probes;
    }

    private Probe mail() {
        String server = value(MAIL + "smarthost");
        int colon = server.lastIndexOf(':');
        String fix = "check SMTP_SMARTHOST, SMTP_REQUIRE_TLS, SMTP_USERNAME and secrets/smtp_password"
                + " (sidecar.alerts.mail), and that a firewall lets this machine out to that port";
        return new Probe("mail server", server, fix, () -> {
            if (colon < 0 || !server.substring(colon + 1).matches("\\d{1,5}")) {
                throw new Unanswered("this is not host:port");
            }
            return new SmtpProbe(
                            server.substring(0, colon).replaceAll("^\\[|]$", ""),
                            Integer.parseInt(server.substring(colon + 1)),
                            !value(MAIL + "require-tls").equals("false"),
                            optional(MAIL + "username"),
                            optional(MAIL + "password"),
                            limit,
                            (SSLSocketFactory) SSLSocketFactory.getDefault())
                    .call();
        });
    }

    private Probe channel(String name, String address) {
        return web(
                name,
                address,
                "check the address, and that a firewall, proxy or DNS lets this machine out to that host");
    }

    private Probe web(String name, String address, String fix) {
        try {
            URI origin = HttpProbe.originOf(address);
            return new Probe(name, origin.toString(), fix, new HttpProbe(origin, limit));
        } catch (IllegalArgumentException e) {
            return new Probe(name, "its address", fix, unanswered("it is no http:// or https:// address"));
        }
    }

    private Probe redis(String address) {
        int colon = address.lastIndexOf(':');
        String fix = "see that Redis runs and that REDIS_HOST and REDIS_PORT (sidecar.proofs.redis) name it";
        if (colon < 0 || !address.substring(colon + 1).matches("\\d{1,5}")) {
            return new Probe("Redis", address, fix, unanswered("this is not host:port"));
        }
        return new Probe(
                "Redis",
                address,
                fix,
                new RedisProbe(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)), limit));
    }

    private static Probe database(Postgres postgres) {
        ServerAddress address = postgres.address();
        return new Probe(
                "PostgreSQL",
                address.isSocket() ? address.host() : address.host() + ":" + address.port(),
                "see that PostgreSQL runs, and check POSTGRES_HOST, POSTGRES_PORT, POSTGRES_BACKUP_USER and its password"
                        + " (sidecar.backup.server)",
                () -> {
                    List<String> databases = postgres.databases();
                    String version;
                    try (Session session = address.connectToMaintenance("sidecar probe")) {
                        version = session.text("SHOW server_version");
                    }
                    for (String database :
                            databases.stream().limit(MOST_DATABASES).toList()) {
                        address.connect(database, "sidecar probe").close();
                    }
                    return "version %s lets '%s' in; to be backed up: %s"
                            .formatted(
                                    version,
                                    address.user(),
                                    databases.isEmpty() ? "no database" : String.join(", ", databases));
                });
    }

    private static Callable<String> unanswered(String why) {
        return () -> {
            throw new Unanswered(why);
        };
    }

    private boolean isGiven(String name) {
        return !value(name).isEmpty();
    }

    private @Nullable String optional(String name) {
        return isGiven(name) ? value(name) : null;
    }

    private String value(String name) {
        return setting.apply(name).strip();
    }
}
