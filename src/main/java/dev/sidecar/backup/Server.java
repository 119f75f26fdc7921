package dev.sidecar.backup;

import dev.sidecar.secrets.Secret;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL server that can be reached, by JDBC and by the client programs.
 *
 * @param host name, address, or absolute directory of a socket
 * @param port of it
 * @param user who logs in
 * @param password absent where the server asks for none
 * @param sslMode as libpq's
 */
record Server(String host, int port, String user, @Nullable Secret password, String sslMode) {

    private static final String CONNECT_SECONDS = "10";

    static Server of(BackupProperties.Server settings) {
        return new Server(settings.host(), settings.port(), settings.user(), settings.password(), settings.sslMode());
    }

    /** What the client programs take as a database: a connection string, so that no name is taken for an option. */
    String connectionString(String database, PasswordFile passwords, String applicationName) {
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

    Connection connect(String database, String applicationName) {
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

    private boolean isSocket() {
        return host.startsWith("/");
    }
}
