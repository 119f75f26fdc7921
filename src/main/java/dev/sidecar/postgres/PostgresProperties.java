package dev.sidecar.postgres;

import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The server to back up and the place for scratch servers. Without {@code sidecar.backup.server.host} there are no backups.
 *
 * @param server the server to back up
 * @param scratch where restores are proven
 * @param restore who restores into the server
 */
@ConfigurationProperties("sidecar.backup")
record PostgresProperties(
        @DefaultValue Server server,
        @DefaultValue Scratch scratch,
        @DefaultValue Restore restore) {

    /**
     * The database server, reached directly and not through a pooler: the snapshot belongs to a session.
     *
     * @param host name, address, or the directory of the server's socket
     * @param port usually 5432
     * @param user a role that may read everything, and the password hashes of roles
     * @param password goes into a file that only the client program can read
     * @param sslMode as libpq's sslmode: disable, prefer, require, verify-ca, verify-full
     * @param maintenanceDatabase where the list of databases is read and the lock is held
     * @param databases exact names, or patterns with {@code *} and {@code ?}
     * @param exclude the same, to leave out
     * @param programs directories in which versions of the client programs are looked for, besides the PATH
     */
    record Server(
            @DefaultValue("") String host,
            @DefaultValue("5432") int port,
            @DefaultValue("postgres") String user,
            @Nullable Secret password,
            @DefaultValue("prefer") String sslMode,
            @DefaultValue("postgres") String maintenanceDatabase,
            @DefaultValue("*") List<String> databases,
            @DefaultValue({}) List<String> exclude,
            @DefaultValue("/usr/lib/postgresql") List<Path> programs) {

        Server {
            InvalidSetting.unless(
                    port > 0 && port < 65_536, "sidecar.backup.server.port", port, "be between 1 and 65535");
            InvalidSetting.unless(
                    List.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
                            .contains(sslMode),
                    "sidecar.backup.server.ssl-mode",
                    sslMode,
                    "be one of disable, allow, prefer, require, verify-ca, verify-full");
        }
    }

    /**
     * The throwaway server.
     *
     * @param directory where it and decoded files lie for the time of a restore; the system's temporary directory if blank
     * @param prover the socket of a prover, a service of its own in which restores are proven; blank to prove them on this machine
     * @param proverWait how long a proof waits for the prover: it may be proving another backup
     * @param sandboxes what isolates a restore on this machine, in the order in which they are tried; blank for nothing
     * @param contentsTrusted whether the owners of all databases are trusted: where nothing isolates the server, restores are proven all
     *     the same, with the rights of the sidecar's own user
     * @param user which user it then runs as when the sidecar runs as root; PostgreSQL refuses root
     */
    record Scratch(
            @DefaultValue("") String directory,
            @DefaultValue("") String prover,
            @DefaultValue("5m") Duration proverWait,
            @DefaultValue({"bubblewrap", "namespaces"}) List<Sandbox> sandboxes,
            @DefaultValue("false") boolean contentsTrusted,
            @DefaultValue("postgres") String user) {}

    /**
     * The administrator of the server, which creates the new database and the role that loads it.
     *
     * @param user a superuser, or a role that may create databases and roles; the one that takes backups if blank
     * @param password read only when somebody restores
     */
    record Restore(@DefaultValue("") String user, @Nullable Secret password) {}
}
