package dev.sidecar.postgres;

import static java.util.stream.Collectors.joining;

import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Sql;
import dev.sidecar.text.Durations;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Creates and drops whole databases, from the server's maintenance database. */
public final class NewDatabase {

    /** The files of a large database take a while, and so does the checkpoint before. */
    static final Duration LONGEST_DROP = Duration.ofMinutes(10);

    /** query_canceled, also by a timeout. */
    private static final String CANCELED = "57014";

    /** A background worker of an extension, which does not let go of the files of a database, is told only so. */
    private static final Pattern PROCESS = Pattern.compile("\\bPID (\\d{1,9})\\b");

    /** A prepared transaction has locks, but no process. */
    private static final String HOLDERS = """
            WITH wanted AS (SELECT oid, datname FROM pg_database WHERE datname = %s),
              lock AS (SELECT l.pid, l.virtualtransaction AS transaction FROM pg_locks l JOIN wanted w ON l.objid = w.oid
                       WHERE l.locktype = 'object' AND l.classid = 'pg_database'::regclass AND l.granted)
            SELECT concat_ws(' ', 'process', a.pid, 'of role ' || quote_ident(a.usename),
                             '(' || nullif(concat_ws(', ', a.backend_type, nullif(a.application_name, '')), '') || ')')
            FROM pg_stat_activity a
            WHERE a.pid <> pg_backend_pid() AND (a.datname = (SELECT w.datname FROM wanted w)
              OR a.pid IN (SELECT l.pid FROM lock l) OR a.pid = ANY ('{%s}'))
            UNION ALL
            SELECT 'prepared transaction ' || quote_literal(p.gid) || ' of role ' || quote_ident(p.owner) FROM pg_prepared_xacts p
            WHERE p.database = (SELECT w.datname FROM wanted w) OR p.transaction IN (
              SELECT t.transactionid FROM pg_locks t JOIN lock l ON l.transaction = t.virtualtransaction WHERE t.locktype = 'transactionid')
            UNION ALL
            SELECT 'subscription ' || quote_ident(s.subname) FROM pg_subscription s JOIN wanted w ON w.oid = s.subdbid
            UNION ALL
            SELECT 'replication slot ' || quote_ident(r.slot_name) FROM pg_replication_slots r JOIN wanted w ON w.datname = r.database
            LIMIT 10
            """;

    private NewDatabase() {}

    /** Creates an empty database with the encoding and locale of the one that was backed up. */
    public static void create(Session maintenance, String name, Manifest.Server like) throws SQLException {
        String locale = Sql.literal(String.valueOf(like.icuLocale()));
        String provider = switch (like.localeProvider()) {
            case "icu" ->
                " LOCALE_PROVIDER icu ICU_LOCALE " + locale
                        + (like.icuRules() == null ? "" : " ICU_RULES " + Sql.literal(like.icuRules()));
            case "builtin" -> " LOCALE_PROVIDER builtin BUILTIN_LOCALE " + locale;
            default -> "";
        };
        maintenance.execute("CREATE DATABASE %s TEMPLATE template0 ENCODING %s LC_COLLATE %s LC_CTYPE %s%s"
                .formatted(
                        Sql.quoted(name),
                        Sql.literal(like.encoding()),
                        Sql.literal(like.collate()),
                        Sql.literal(like.ctype()),
                        provider));
    }

    /** Creates an empty database of the same encoding, where the locale is not installed. */
    public static void createPlain(Session maintenance, String name, Manifest.Server like) throws SQLException {
        createPlain(maintenance, name, like.encoding());
    }

    /** Creates an empty database of an encoding that somebody else names. */
    public static void createPlain(Session maintenance, String name, String encoding) throws SQLException {
        maintenance.execute("CREATE DATABASE %s TEMPLATE template0 ENCODING %s LC_COLLATE 'C' LC_CTYPE 'C'"
                .formatted(Sql.quoted(name), Sql.literal(encoding)));
    }

    /**
     * Drops a database, whoever is connected. PostgreSQL itself has no limit for the wait for every process of the server to let go of the
     * files.
     *
     * @throws SQLException that names who holds it, also if it takes too long
     */
    static void drop(Session maintenance, String name, Duration limit) throws SQLException {
        List<String> said = new ArrayList<>();
        maintenance.execute("SET statement_timeout = " + limit.toMillis());
        maintenance.execute("SET client_min_messages = log");
        try {
            maintenance.execute("DROP DATABASE IF EXISTS %s WITH (FORCE)".formatted(Sql.quoted(name)), said);
        } catch (SQLException e) {
            String why = CANCELED.equals(e.getSQLState())
                    ? "PostgreSQL was not done within " + Durations.of(limit)
                    : e.getMessage();
            throw new SQLException(
                    "Cannot drop database %s: %s%s"
                            .formatted(Sql.identifier(name), why, holders(maintenance, name, said)),
                    e.getSQLState(),
                    e);
        } finally {
            if (!maintenance.isClosed()) {
                maintenance.execute("SET client_min_messages = warning");
                maintenance.execute("SET statement_timeout = 0");
            }
        }
    }

    private static String holders(Session maintenance, String name, List<String> said) throws SQLException {
        if (maintenance.isClosed()) {
            return "";
        }
        String processes = PROCESS.matcher(String.join("\n", said))
                .results()
                .map(found -> found.group(1))
                .collect(joining(","));
        List<String> found = maintenance.texts(HOLDERS.formatted(Sql.literal(name), processes));
        return found.isEmpty() ? "" : ". It is held by: %s.".formatted(String.join("; ", found));
    }
}
