package dev.sidecar.postgres;

import dev.sidecar.secrets.Secret;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.Sql;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** A PostgreSQL server that can be reached, by JDBC and by the client programs. Its password never leaves it in clear. */
public final class ServerAddress {

    private static final String CONNECT_SECONDS = "10";

    /**
     * Settings that no database and no role may change for our sessions. They go with the start of a session, before which nothing of the
     * database can run: with another search path, functions and operators that the application's role made would be called in the place
     * of PostgreSQL's own, with our rights. Every major has these settings.
     */
    private static final String DEAF = "-c search_path=pg_catalog,pg_temp -c role=none -c row_security=off"
            + " -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0"
            + " -c default_transaction_read_only=off -c default_transaction_isolation=read\\ committed"
            + " -c idle_session_timeout=0 -c exit_on_error=off -c quote_all_identifiers=off"
            // A library that is not there ends the session before its first statement.
            + " -c local_preload_libraries="
            // pg_dump and pg_restore fix other settings that texts of values depend on, but not these.
            + " -c array_nulls=on -c transform_null_equals=off -c lc_monetary=C";

    /**
     * How long our own sessions wait for a lock where they say nothing shorter: the owner of a database can hold what every statement
     * needs. The client programs turn it off by themselves; {@link Snapshot.LockWatch} looks after theirs.
     */
    private static final String BOUNDED = DEAF.replace(" -c lock_timeout=0", " -c lock_timeout=300000");

    /**
     * The search path that a session resets to where extensions are made: the scripts of some, such as PostGIS' topology, set it anew from
     * that, and look for other extensions there. pg_restore clears the path that is in force before anything else.
     */
    private static final String OF_EXTENSIONS = "-c search_path=public ";

    private static final String PATH = "-c search_path=pg_catalog,pg_temp ";

    /**
     * What decides by a message of the server expects it in English, as the client programs give no SQLSTATE. Only a superuser may say so
     * for a session; {@code postgres/backup-role.sql} says it for its role.
     */
    private static final String ENGLISH = " -c lc_messages=C";

    /**
     * Settings under which nothing ends a session early, and every value is always written the same way. Only those that the server's
     * major has are set.
     */
    private static final String STEADY = """
            SELECT pg_catalog.set_config(s.name, v.value, false)
            FROM pg_catalog.pg_settings s
              JOIN (VALUES ('transaction_timeout', '0'), ('TimeZone', 'UTC'),
                           ('DateStyle', 'ISO, MDY'), ('IntervalStyle', 'postgres'), ('bytea_output', 'hex'),
                           ('extra_float_digits', '3'), ('xmlbinary', 'base64'),
                           ('standard_conforming_strings', 'on'), ('client_min_messages', 'warning'),
                           ('restrict_nonsystem_relation_kind', 'view, foreign-table')) AS v(name, value)
                ON v.name OPERATOR(pg_catalog.=) s.name
            """;

    /** The largest answer that is read, as the owner of a database decides how long its texts are; the names of 100,000 tables are 7 MB. */
    private static final String LARGEST_RESULT = "24M";

    /** insufficient_privilege. */
    private static final String FORBIDDEN = "42501";

    private static final String LOGIN_REFUSED = "28";

    /** too_many_connections. */
    private static final String FULL = "53300";

    private static final String MAKE_ROOM =
            ". All connections are in use: end some sessions, and limit the role that opens them (ALTER ROLE … CONNECTION LIMIT)."
                    + " From PostgreSQL 16 on, reserved_connections keeps some for '%s' (postgres/backup-role.sql).";

    private final String host;
    private final int port;
    private final String user;
    private final @Nullable Secret password;
    private final String sslMode;
    private final String maintenanceDatabase;
    private final boolean hostile;

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
        this(host, port, user, password, sslMode, maintenanceDatabase, false);
    }

    private ServerAddress(
            String host,
            int port,
            String user,
            @Nullable Secret password,
            String sslMode,
            String maintenanceDatabase,
            boolean hostile) {
        // As addresses of IPv6 are written beside a port; libpq knows no brackets.
        this.host = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        this.port = port;
        this.user = user;
        this.password = password;
        this.sslMode = sslMode;
        this.maintenanceDatabase = maintenanceDatabase;
        this.hostile = hostile;
    }

    /** A server that a stranger's SQL may have taken over: what it answers is limited, and it is sent no secret. */
    static ServerAddress ofScratchServer(String socketDirectory, int port, String user) {
        return new ServerAddress(socketDirectory, port, user, null, "disable", "postgres", true);
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

    /** The same server, reached as another role. */
    ServerAddress as(String name, @Nullable Secret login) {
        return new ServerAddress(host, port, name, login, sslMode, maintenanceDatabase);
    }

    /** The role that logs in. */
    public String user() {
        return user;
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
    public Session connectToMaintenance(String applicationName) {
        return connect(maintenanceDatabase, applicationName);
    }

    /** Makes the database argument of client programs: a connection string, so that no name is taken for an option. */
    public String connectionString(String database, PasswordFile passwords, String applicationName) {
        return connectionString(database, passwords, applicationName, DEAF);
    }

    /** The same for pg_restore alone, and a database in which there is nothing yet that the application brings along. */
    public String connectionStringForExtensions(String database, PasswordFile passwords, String applicationName) {
        return connectionString(database, passwords, applicationName, DEAF.replace(PATH, OF_EXTENSIONS));
    }

    private String connectionString(String database, PasswordFile passwords, String applicationName, String options) {
        return parameter("passfile", passwords.path().toString())
                + hearing(database, applicationName) + " "
                + parameter("options", maySayEnglish() ? options + ENGLISH : options)
                        .stripTrailing();
    }

    private boolean maySayEnglish() {
        try (Session session = connectToMaintenance("sidecar backup")) {
            return session.text("SHOW is_superuser").equals("on");
        } catch (SQLException | BackupFailure e) {
            return false;
        }
    }

    /** The same for a server that asks for no password. */
    public String connectionString(String database, String applicationName) {
        return hearing(database, applicationName) + " "
                + parameter("options", DEAF).stripTrailing();
    }

    /** The same for pg_restore alone. */
    String connectionStringForExtensions(String database, String applicationName) {
        return hearing(database, applicationName) + " "
                + parameter("options", DEAF.replace(PATH, OF_EXTENSIONS)).stripTrailing();
    }

    /** The same for a script that expects a database's own settings, such as a search path: for a server with nothing to take alone. */
    String hearing(String database, String applicationName) {
        return parameter("host", host)
                + parameter("port", Integer.toString(port))
                + parameter("user", user)
                + parameter("dbname", database)
                + parameter("sslmode", sslMode)
                + parameter("connect_timeout", CONNECT_SECONDS)
                + parameter("application_name", applicationName).stripTrailing();
    }

    private static String parameter(String name, String value) {
        return name + "='" + value.replace("\\", "\\\\").replace("'", "\\'") + "' ";
    }

    /**
     * Opens a session that is deaf to what the database says: no setting, function, operator or cast that the application's role made has
     * a say in it. There is no other way to open one.
     *
     * @throws BackupFailure with CONNECTION if that fails, with PERMISSION if the role may not connect to this database
     */
    public Session connect(String database, String applicationName) {
        try {
            return new Session(open(database, applicationName, user, password));
        } catch (SQLException e) {
            if (!hostile && FORBIDDEN.equals(e.getSQLState())) {
                throw new BackupFailure(
                        BackupFailure.Reason.PERMISSION,
                        "User '%s' may not connect to database '%s'. A superuser can say: GRANT CONNECT ON DATABASE %s TO %s."
                                .formatted(user, database, Sql.identifier(database), Sql.identifier(user)),
                        e);
            }
            throw new BackupFailure(
                    BackupFailure.Reason.CONNECTION,
                    "Cannot open database '%s' at %s port %d as user '%s': %s%s"
                            .formatted(
                                    database,
                                    host,
                                    port,
                                    user,
                                    e.getMessage(),
                                    FULL.equals(e.getSQLState()) ? MAKE_ROOM.formatted(user) : ""),
                    e);
        }
    }

    /** Tells whether the server lets this user in with this password. @throws BackupFailure with CONNECTION if it cannot be asked */
    public boolean accepts(String name, Secret tried) {
        try (Connection connection = open(maintenanceDatabase, "sidecar [DRILL]", name, tried)) {
            return connection.isValid(1);
        } catch (SQLException e) {
            if (e.getSQLState() != null && e.getSQLState().startsWith(LOGIN_REFUSED)) {
                return false;
            }
            throw new BackupFailure(
                    BackupFailure.Reason.CONNECTION, "Cannot try a login at PostgreSQL: " + e.getMessage(), e);
        }
    }

    private Connection open(String database, String applicationName, String name, @Nullable Secret login)
            throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", name);
        if (login != null) {
            properties.setProperty("password", login.reveal());
        }
        properties.setProperty("sslmode", isSocket() ? "disable" : sslMode);
        properties.setProperty("ApplicationName", applicationName);
        properties.setProperty("connectTimeout", CONNECT_SECONDS);
        properties.setProperty("loginTimeout", "30");
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("options", BOUNDED);
        // Details and contexts of errors quote rows.
        properties.setProperty("logServerErrorDetail", "false");
        if (isSocket()) {
            properties.setProperty("socketFactory", UnixSockets.class.getName());
            properties.setProperty(
                    "socketFactoryArg", (hostile ? UnixSockets.HOSTILE : "") + host + "/.s.PGSQL." + port);
        } else {
            properties.setProperty("socketFactory", LimitedAnswers.Connections.class.getName());
            properties.setProperty("socketFactoryArg", sslMode);
            properties.setProperty("sslfactory", LimitedAnswers.Encrypting.class.getName());
        }
        properties.setProperty("gssEncMode", "disable");
        properties.setProperty("maxResultBuffer", LARGEST_RESULT);
        Connection connection = DriverManager.getConnection(url(database), properties);
        try (Statement statement = connection.createStatement()) {
            statement.execute(STEADY);
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    private String url(String database) {
        String address = isSocket() ? "localhost" : host.contains(":") ? "[" + host + "]" : host;
        return "jdbc:postgresql://%s:%d/%s"
                .formatted(address, port, URLEncoder.encode(database, StandardCharsets.UTF_8));
    }

    /** Tells whether it is reached over a socket in the file system. */
    public boolean isSocket() {
        return host.startsWith("/");
    }
}
