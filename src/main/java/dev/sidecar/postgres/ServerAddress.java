package dev.sidecar.postgres;

import dev.sidecar.secrets.Secret;
import dev.sidecar.sets.BackupFailure;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** A PostgreSQL server that can be reached, by JDBC and by the client programs. Its password never leaves it in clear. */
public final class ServerAddress {

    private static final String CONNECT_SECONDS = "10";

    private final String host;
    private final int port;
    private final String user;
    private final @Nullable Secret password;
    private final String sslMode;
    private final String maintenanceDatabase;

    /**
     * @param host name, address, or absolute directory of a socket
     * @param port of it
     * @param user who logs in
     * @param password absent where the server asks for none
     * @param sslMode as libpq's
     * @param maintenanceDatabase where statements about whole databases run
     */
    public ServerAddress(
            String host, int port, String user, @Nullable Secret password, String sslMode, String maintenanceDatabase) {
        this.host = host;
        this.port = port;
        this.user = user;
        this.password = password;
        this.sslMode = sslMode;
        this.maintenanceDatabase = maintenanceDatabase;
    }

    static ServerAddress of(PostgresProperties.Server settings) {
        return new ServerAddress(
                settings.host(),
                settings.port(),
                settings.user(),
                settings.password(),
                settings.sslMode(),
                settings.maintenanceDatabase());
    }

    /** Its name, its address, or the directory of its socket. */
    public String host() {
        return host;
    }

    /** Its port. */
    public int port() {
        return port;
    }

    /** The database in which statements about whole databases run. */
    public String maintenanceDatabase() {
        return maintenanceDatabase;
    }

    /** The password for the client programs. */
    public PasswordFile passwordFile() {
        return new PasswordFile(password);
    }

    /** Opens a session in the maintenance database. */
    public Connection connectToMaintenance(String applicationName) {
        return connect(maintenanceDatabase, applicationName);
    }

    /** What the client programs take as a database: a connection string, so that no name is taken for an option. */
    public String connectionString(String database, PasswordFile passwords, String applicationName) {
        return parameter("host", host)
                + parameter("port", Integer.toString(port))
                + parameter("user", user)
                + parameter("dbname", database)
                + parameter("sslmode", sslMode)
                + parameter("passfile", passwords.path().toString())
                + parameter("connect_timeout", CONNECT_SECONDS)
                + parameter("application_name", applicationName).stripTrailing();
    }

    private static String parameter(String name, String value) {
        return name + "='" + value.replace("\\", "\\\\").replace("'", "\\'") + "' ";
    }

    /** Opens a session. @throws BackupFailure with CONNECTION if that fails */
    public Connection connect(String database, String applicationName) {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        if (password != null) {
            properties.setProperty("password", password.reveal());
        }
        properties.setProperty("sslmode", isSocket() ? "disable" : sslMode);
        properties.setProperty("ApplicationName", applicationName);
        properties.setProperty("connectTimeout", CONNECT_SECONDS);
        properties.setProperty("loginTimeout", "30");
        properties.setProperty("tcpKeepAlive", "true");
        if (isSocket()) {
            properties.setProperty("socketFactory", UnixSockets.class.getName());
            properties.setProperty("socketFactoryArg", host + "/.s.PGSQL." + port);
            properties.setProperty("gssEncMode", "disable");
        }
        try {
            return DriverManager.getConnection(url(database), properties);
        } catch (SQLException e) {
            throw new BackupFailure(
                    BackupFailure.Reason.CONNECTION,
                    "Database '%s' at %s port %d cannot be opened as user '%s': %s"
                            .formatted(database, host, port, user, e.getMessage()),
                    e);
        }
    }

    private String url(String database) {
        String address = isSocket() ? "localhost" : host.contains(":") ? "[" + host + "]" : host;
        return "jdbc:postgresql://%s:%d/%s"
                .formatted(address, port, URLEncoder.encode(database, StandardCharsets.UTF_8));
    }

    /** Whether it is reached over a socket in the file system. */
    public boolean isSocket() {
        return host.startsWith("/");
    }
}
