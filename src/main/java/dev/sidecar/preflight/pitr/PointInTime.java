package dev.sidecar.preflight.pitr;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The files of point-in-time recovery: PostgreSQL's settings of archiving, pgBackRest's configuration for each service that runs it, and
 * their certificates. A service gets what its part needs and no more; the repository's key is nowhere near the database.
 */
public final class PointInTime {

    /** The switch in {@code .env}. */
    public static final String SWITCH = "PITR";

    private static final Duration VALID = Duration.ofDays(3650);
    private static final Duration RENEWED = Duration.ofDays(365);
    /** For clocks that differ a little. */
    private static final Duration EARLIER = Duration.ofDays(1);

    private static final String ARCHIVE = "pitr-archive";
    private static final String SOURCE = "pitr-source";
    private static final String BESIDE = "pitr-beside";
    private static final String SIDECAR = "sidecar";
    private static final String POSTGRES = "postgres";
    private static final List<String> SERVICES = List.of(POSTGRES, SIDECAR, ARCHIVE, SOURCE, BESIDE);
    private static final List<String> CERTIFICATES = List.of("ca.crt", "own.crt", "key.pem");

    /** Which pgBackRest a server that was recovered in place calls for its WAL. */
    private static final String COMMAND = "cmd=/usr/local/bin/pgbackrest\n";

    private static final String REPOSITORY = "/var/lib/pgbackrest";
    private static final long DEFAULT_QUEUE = 1L << 30;
    private static final Map<Character, Long> UNITS =
            Map.of('K', 1L << 10, 'M', 1L << 20, 'G', 1L << 30, 'T', 1L << 40);

    /**
     * Tells what is wrong with a setting.
     *
     * @param setting its name in {@code .env}, or the file in {@code secrets/}
     */
    public record Problem(String setting, String what, String fix) {}

    private final Function<String, Optional<String>> settings;
    private final Function<Path, Optional<String>> kept;
    private final Path secrets;
    private final Clock clock;

    /**
     * @param settings the stack's settings, by their names in {@code .env}
     * @param kept what a file holds, or will
     * @param secrets folder with a folder for each service
     */
    public PointInTime(
            Function<String, Optional<String>> settings,
            Function<Path, Optional<String>> kept,
            Path secrets,
            Clock clock) {
        this.settings = settings;
        this.kept = kept;
        this.secrets = secrets;
        this.clock = clock;
    }

    /** Archiving is switched on. */
    public static boolean isOn(Function<String, Optional<String>> settings) {
        return settings.apply(SWITCH).filter("1"::equals).isPresent();
    }

    /** Reports settings that contradict each other. */
    public Optional<Problem> problem() {
        boolean elsewhere = !settings.apply("POSTGRES_HOST").orElse(POSTGRES).equals(POSTGRES);
        if (elsewhere && settings.apply("PITR_SOURCE_HOST").isEmpty()) {
            return Optional.of(
                    new Problem(
                            "PITR_SOURCE_HOST",
                            "is not set, and the database is not the stack's own",
                            "name the host on which 'pgbackrest server' gives its files (docs/pitr.md, \"Your own PostgreSQL\")"));
        }
        for (String name : List.of("PITR_BUCKET_ENDPOINT", "PITR_BUCKET_REGION", "PITR_BUCKET_ACCESS_KEY")) {
            if (settings.apply("PITR_BUCKET").isPresent()
                    && settings.apply(name).isEmpty()) {
                return Optional.of(new Problem(name, "is not set, and PITR_BUCKET is", "set it in .env"));
            }
        }
        if (settings.apply("PITR_BUCKET").isPresent()
                && secret(ARCHIVE, "s3_secret_key").isEmpty()) {
            return Optional.of(new Problem(
                    "secrets/pitr_s3_secret_key", "is missing, and PITR_BUCKET is set", "put the secret key into it"));
        }
        return Optional.empty();
    }

    /** Where the repository is, in words. */
    public String repository() {
        return settings.apply("PITR_BUCKET").map(bucket -> "bucket " + bucket).orElse("volume pitr-repository");
    }

    /** Each file with what it holds from now on; empty for one that goes. The repository's key stays when archiving is switched off. */
    public Map<Path, Optional<String>> files() {
        Map<Path, Optional<String>> files = new LinkedHashMap<>();
        boolean on = isOn(settings);
        if (on) {
            certificates().forEach((name, content) -> files.put(secrets.resolve(name), Optional.of(content)));
        }
        put(files, on, "postgres/pitr/postgresql.conf", server());
        put(files, on, "postgres/pitr/pgbackrest.conf", pushes());
        put(files, on, "pitr-archive/pitr/pgbackrest.conf", takes());
        put(files, on, "pitr-source/pitr/pgbackrest.conf", gives());
        put(files, on, "pitr-source/pitr/pgpass", "*:*:*:*:" + secret(SOURCE, "password") + "\n");
        put(files, on, "sidecar/pitr/pgbackrest.conf", backsUp());
        put(files, on, "pitr-beside/pitr/pgbackrest.conf", fetches());
        put(files, on, "sidecar/settings/sidecar.pitr.enabled", "true");
        put(files, on, "sidecar/settings/sidecar.pitr.config", "/run/secrets/sidecar/pitr/pgbackrest.conf");
        put(
                files,
                on && settings.apply("PITR_BUCKET").isEmpty(),
                "sidecar/settings/sidecar.pitr.repository",
                REPOSITORY);
        return files;
    }

    private void put(Map<Path, Optional<String>> files, boolean wanted, String name, String content) {
        files.put(secrets.resolve(name), wanted ? Optional.of(content) : Optional.empty());
    }

    private String secret(String service, String name) {
        return kept.apply(secrets.resolve(service).resolve("pitr_" + name)).orElse("");
    }

    /** All of one authority, or those there are: whoever has a certificate of another authority is a stranger. */
    private Map<String, String> certificates() {
        Map<String, String> made = new TreeMap<>();
        if (isUsable()) {
            return made;
        }
        Instant now = clock.instant();
        Authority authority = new Authority(now.minus(EARLIER), now.plus(VALID));
        for (String service : SERVICES) {
            Authority.Issued issued = authority.issue(names(service));
            made.put(service + "/pitr/ca.crt", authority.certificate());
            made.put(service + "/pitr/own.crt", issued.certificate());
            made.put(service + "/pitr/key.pem", issued.key());
        }
        // Which names they are for: another name needs other certificates.
        made.put(ARCHIVE + "/pitr/names", names(ARCHIVE) + " " + names(SOURCE));
        return made;
    }

    private boolean isUsable() {
        boolean there = SERVICES.stream()
                .allMatch(service -> CERTIFICATES.stream()
                        .allMatch(file -> kept.apply(
                                        secrets.resolve(service).resolve("pitr").resolve(file))
                                .isPresent()));
        Optional<String> names = kept.apply(secrets.resolve(ARCHIVE).resolve("pitr/names"));
        try {
            return there
                    && names.equals(Optional.of(names(ARCHIVE) + " " + names(SOURCE)))
                    && Authority.until(kept.apply(secrets.resolve(ARCHIVE).resolve("pitr/own.crt"))
                                    .orElse(""))
                            .isAfter(clock.instant().plus(RENEWED));
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private List<String> names(String service) {
        Optional<String> more = switch (service) {
            case ARCHIVE -> settings.apply("PITR_ARCHIVE_HOST");
            case SOURCE -> settings.apply("PITR_SOURCE_HOST");
            default -> Optional.empty();
        };
        return more.filter(name -> !name.equals(service))
                .map(name -> List.of(service, name))
                .orElse(List.of(service));
    }

    /** Included by postgresql.conf. */
    private String server() {
        return """
                # Written by preflight, because PITR=1.
                archive_mode = on
                archive_command = '%s'
                archive_timeout = %s
                # Leaves about a fifth of the WAL, which costs less than to archive the rest.
                wal_compression = lz4
                """.formatted(
                        "/usr/local/bin/pgbackrest --config=/run/secrets/postgres/pitr/pgbackrest.conf --stanza=main archive-push \"%p\"",
                        settings.apply("PITR_ARCHIVE_TIMEOUT").orElse("60s"));
    }

    /** The database's host, which also is recovered in place: it sends WAL to those who keep it. */
    private String pushes() {
        return global(POSTGRES, remoteRepository(POSTGRES) + COMMAND)
                + stanza("")
                + """

                [global:archive-push]
                archive-async=y
                compress-level=1
                archive-push-queue-max=%d
                spool-path=/tmp/spool
                """.formatted(bytes(settings.apply("PITR_QUEUE_MAX").orElse("1GB")));
    }

    /** The archive keeps the repository, and accepts WAL whatever the sidecar does. */
    private String takes() {
        return global(ARCHIVE, repositoryItself(ARCHIVE) + listens(ARCHIVE, POSTGRES, BESIDE));
    }

    /** The source serves the data files for a set. It reaches no repository. */
    private String gives() {
        return global(SOURCE, listens(SOURCE, SIDECAR)) + stanza("pg1-user=pitr\n");
    }

    /** The sidecar takes sets, into the repository that it has at hand. */
    private String backsUp() {
        String keep = """
                repo1-bundle=y
                repo1-block=y
                repo1-retention-full=%s
                repo1-retention-diff=%s
                start-fast=y
                process-max=%s
                """.formatted(
                        settings.apply("PITR_KEEP_FULL").orElse("2"),
                        settings.apply("PITR_KEEP_DIFFERENTIAL").orElse("7"),
                        settings.apply("PITR_PROCESSES").orElse("1"));
        String source = """
                pg1-host=%s
                pg1-host-type=tls
                pg1-host-ca-file=%3$s/ca.crt
                pg1-host-cert-file=%3$s/own.crt
                pg1-host-key-file=/tmp/pitr.key
                pg1-port=%2$s
                pg1-user=pitr
                """.formatted(
                        settings.apply("PITR_SOURCE_HOST").orElse(SOURCE),
                        settings.apply("POSTGRES_PORT").orElse("5432"),
                        folder(SIDECAR));
        return global(SIDECAR, repositoryItself(SIDECAR) + keep) + stanza(source);
    }

    /** The instance beside fetches its files and WAL. */
    private String fetches() {
        return global(BESIDE, remoteRepository(BESIDE)) + stanza("");
    }

    private static String folder(String service) {
        return "/run/secrets/" + service + "/pitr";
    }

    private static String global(String service, String content) {
        return "# Written by preflight for the service " + service + ".\n[global]\n"
                + "log-level-console=warn\nlog-level-file=off\nlock-path=/tmp/pgbackrest\n"
                + (service.equals(SOURCE) ? "" : "compress-type=zst\n") + content;
    }

    private String stanza(String content) {
        return "\n[main]\npg1-path="
                + settings.apply("PITR_PGDATA")
                        .or(() -> settings.apply("PGDATA"))
                        .orElse("") + "\n" + content;
    }

    private String remoteRepository(String service) {
        return """
                repo1-host=%s
                repo1-host-type=tls
                repo1-host-ca-file=%2$s/ca.crt
                repo1-host-cert-file=%2$s/own.crt
                repo1-host-key-file=/tmp/pitr.key
                """.formatted(ARCHIVE, folder(service));
    }

    private String repositoryItself(String service) {
        StringBuilder text = new StringBuilder(
                "repo1-cipher-type=aes-256-cbc\nrepo1-cipher-pass=" + secret(service, "cipher_pass") + "\n");
        Optional<String> bucket = settings.apply("PITR_BUCKET");
        text.append("repo1-path=")
                .append(
                        bucket.isPresent()
                                ? settings.apply("PITR_BUCKET_PREFIX").orElse("/pitr")
                                : REPOSITORY)
                .append('\n');
        bucket.ifPresent(name -> text.append("""
                repo1-type=s3
                repo1-s3-bucket=%s
                repo1-s3-endpoint=%s
                repo1-s3-region=%s
                repo1-s3-key=%s
                repo1-s3-key-secret=%s
                repo1-s3-uri-style=%s
                """.formatted(
                        name,
                        setting("PITR_BUCKET_ENDPOINT"),
                        setting("PITR_BUCKET_REGION"),
                        setting("PITR_BUCKET_ACCESS_KEY"),
                        secret(service, "s3_secret_key"),
                        setting("PITR_BUCKET_PATH_STYLE").equals("1") ? "path" : "host")));
        return text.toString();
    }

    private String setting(String name) {
        return settings.apply(name).orElse("");
    }

    private static String listens(String service, String... clients) {
        StringBuilder text = new StringBuilder("""
                tls-server-address=*
                tls-server-ca-file=%1$s/ca.crt
                tls-server-cert-file=%1$s/own.crt
                tls-server-key-file=/tmp/pitr.key
                """.formatted(folder(service)));
        for (String client : clients) {
            text.append("tls-server-auth=").append(client).append("=main\n");
        }
        return text.toString();
    }

    /** A size such as 800MB in bytes; what is none is told by the step that looks at every setting's form. */
    private static long bytes(String size) {
        if (!size.matches("\\d{1,9}(B|[KMGT]B)?")) {
            return DEFAULT_QUEUE;
        }
        String digits = size.replaceAll("\\D", "");
        String unit = size.substring(digits.length());
        return Long.parseLong(digits) * (unit.length() < 2 ? 1 : UNITS.getOrDefault(unit.charAt(0), 1L));
    }
}
