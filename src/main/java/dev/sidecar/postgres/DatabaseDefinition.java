package dev.sidecar.postgres;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads the properties of a database that an archive of it does not hold, as SQL that gives them to another one: owner, grants, settings,
 * settings of roles in it, comment, security labels, connection limit, tablespace, and whether it is a template.
 */
public final class DatabaseDefinition {

    private static final String THIS = "(SELECT d.oid FROM pg_database d WHERE d.datname = current_database())";

    /** Of a parameter whose value is a list of names, each name must be quoted by itself; pg_dump has the same list. */
    private static final String LISTS =
            "('local_preload_libraries', 'search_path', 'session_preload_libraries', 'shared_preload_libraries',"
                    + " 'temp_tablespaces', 'unix_socket_directories')";

    private static final String SEARCH_PATH = "ALTER DATABASE :database SET search_path = ";

    private static final String OWNER = """
            SELECT format('ALTER DATABASE :database OWNER TO %I', pg_get_userbyid(datdba))
            FROM pg_database WHERE datname = current_database()
            """;

    private static final String TABLESPACE = """
            SELECT format('ALTER DATABASE :database SET TABLESPACE %I', t.spcname)
            FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace
            WHERE d.datname = current_database() AND t.spcname <> 'pg_default'
            """;

    /** Revokes rights that a new database grants to its owner and to everybody, and that this one does not. */
    private static final String REVOKES = """
            SELECT format('REVOKE %s ON DATABASE :database FROM %s', string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type),
                          CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
            FROM pg_database d, aclexplode(acldefault('d', d.datdba)) a
            WHERE d.datname = current_database() AND d.datacl IS NOT NULL
              AND NOT EXISTS (SELECT FROM aclexplode(d.datacl) b
                              WHERE b.grantee = a.grantee AND b.privilege_type = a.privilege_type)
            GROUP BY a.grantee ORDER BY a.grantee
            """;

    /** Those of the owner first: others could only grant what they were granted. */
    private static final String GRANTS = """
            SELECT s.statement
            FROM (SELECT a.grantor, a.grantor <> d.datdba AS foreign_grant, a.is_grantable, a.grantee,
                         string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) AS privileges
                  FROM pg_database d, aclexplode(d.datacl) a
                  WHERE d.datname = current_database()
                    AND NOT EXISTS (SELECT FROM aclexplode(acldefault('d', d.datdba)) b
                                    WHERE b.grantee = a.grantee AND b.grantor = a.grantor AND b.privilege_type = a.privilege_type
                                      AND b.is_grantable = a.is_grantable)
                  GROUP BY d.datdba, a.grantor, a.grantee, a.is_grantable) g,
              LATERAL (VALUES
                (1, CASE WHEN g.foreign_grant THEN format('SET SESSION AUTHORIZATION %I', pg_get_userbyid(g.grantor)) END),
                (2, format('GRANT %s ON DATABASE :database TO %s', g.privileges,
                           CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END)
                    || CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END),
                (3, CASE WHEN g.foreign_grant THEN 'RESET SESSION AUTHORIZATION' END)) s(step, statement)
            WHERE s.statement IS NOT NULL
            ORDER BY g.foreign_grant, NOT g.is_grantable, g.grantee, g.grantor, s.step
            """;

    private static final String SETTINGS = """
            SELECT CASE r.setrole WHEN 0 THEN 'ALTER DATABASE :database'
                                  ELSE format('ALTER ROLE %%I IN DATABASE :database', pg_get_userbyid(r.setrole)) END
                   || format(' SET %%I = ', split_part(s, '=', 1)) || %s
            FROM pg_db_role_setting r, unnest(r.setconfig) WITH ORDINALITY c(s, i)
            WHERE r.setdatabase = %s
            ORDER BY r.setrole, c.i
            """.formatted(value("s", "quote_literal"), THIS);

    private static final String COMMENT = """
            SELECT format('COMMENT ON DATABASE :database IS %%L', shobj_description(%1$s, 'pg_database'))
            WHERE shobj_description(%1$s, 'pg_database') IS NOT NULL
            """.formatted(THIS);

    private static final String LABELS = """
            SELECT format('SECURITY LABEL FOR %%I ON DATABASE :database IS %%L', provider, label)
            FROM pg_shseclabel WHERE classoid = 'pg_database'::regclass AND objoid = %s ORDER BY provider
            """.formatted(THIS);

    /** Last, as nobody can change what nobody may connect to. */
    private static final String LIMITS = """
            SELECT 'ALTER DATABASE :database WITH' || CASE WHEN datistemplate THEN ' IS_TEMPLATE true' ELSE '' END
                   || CASE WHEN datconnlimit >= 0 THEN ' CONNECTION LIMIT ' || datconnlimit ELSE '' END
            FROM pg_database WHERE datname = current_database() AND (datistemplate OR datconnlimit >= 0)
            """;

    /** No dump drops it. */
    private static final String NO_PUBLIC = """
            SELECT 'DROP SCHEMA public' WHERE NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'public')
            """;

    /**
     * Before 15 a dump holds only grants, as changes to those that this schema has from the start, or else to none. The first superuser is
     * its owner from the start.
     */
    private static final String PUBLIC = """
            SELECT s.statement FROM pg_namespace n, LATERAL (VALUES
                (1, CASE WHEN n.oid <> 2200 THEN 'REVOKE ALL ON SCHEMA public FROM PUBLIC' END),
                (2, CASE WHEN n.nspowner <> 10 THEN format('ALTER SCHEMA public OWNER TO %I', pg_get_userbyid(n.nspowner)) END),
                (3, (SELECT format('REVOKE %s ON SCHEMA public FROM %I', string_agg(d.privilege_type, ', ' ORDER BY d.privilege_type),
                                   pg_get_userbyid(n.nspowner))
                     FROM aclexplode(acldefault('n', n.nspowner)) d
                     WHERE n.nspacl IS NOT NULL AND NOT EXISTS (SELECT FROM aclexplode(n.nspacl) a
                                                                WHERE a.grantee = n.nspowner AND a.privilege_type = d.privilege_type)
                     HAVING count(*) > 0)),
                (4, CASE WHEN obj_description(n.oid, 'pg_namespace') IS DISTINCT FROM 'standard public schema'
                    THEN format('COMMENT ON SCHEMA public IS %L', obj_description(n.oid, 'pg_namespace')) END)) s(step, statement)
            WHERE n.nspname = 'public' AND s.statement IS NOT NULL ORDER BY s.step
            """;

    private static final int PUBLIC_IS_DUMPED = 150_000;

    private DatabaseDefinition() {}

    /**
     * Reads what makes of the schema of every new database what it is in that of the session, as far as a dump leaves it out. It is to be
     * run in the new database while that is empty.
     *
     * @param version of the server, such as 150014
     */
    static List<String> ofSchemaPublic(Session session, int version) throws SQLException {
        List<String> statements = new ArrayList<>(session.texts(NO_PUBLIC));
        if (version < PUBLIC_IS_DUMPED) {
            statements.addAll(session.texts(PUBLIC));
        }
        return statements;
    }

    /** Reads the statements for the database of the session, in their order; the name of the other stands as {@code :database}. */
    public static List<String> statements(Session session) throws SQLException {
        List<String> statements = new ArrayList<>();
        for (String query : List.of(OWNER, TABLESPACE, REVOKES, GRANTS, SETTINGS, COMMENT, LABELS, LIMITS)) {
            statements.addAll(session.sharedTexts(query));
        }
        return statements;
    }

    /** Finds the search path that the database gives its sessions, as SQL. */
    public static Optional<String> searchPath(List<String> statements) {
        return statements.stream()
                .filter(statement -> statement.startsWith(SEARCH_PATH))
                .map(statement -> statement.substring(SEARCH_PATH.length()))
                .findFirst();
    }

    /** Tells whether a statement moves the database to another tablespace, which is cheap only while the database is empty. */
    public static boolean movesFiles(String statement) {
        return statement.startsWith("ALTER DATABASE :database SET TABLESPACE ");
    }

    /**
     * Tells whether a statement holds letters that only a session of a database of the same encoding writes as they were: PostgreSQL keeps
     * settings and comments of all databases together, in bytes.
     */
    public static boolean isInItsOwnLetters(String statement) {
        return statement.chars().anyMatch(c -> c > 0x7f)
                && (statement.startsWith("ALTER DATABASE :database SET ")
                        || statement.startsWith("COMMENT ON DATABASE :database IS "))
                && !movesFiles(statement);
    }

    /**
     * SQL for the value of a setting such as {@code search_path=app, public}: of a list each name quoted, or else the whole.
     *
     * @param setting name of a column with such a text
     * @param quote the function that quotes names, {@code quote_literal} or {@code quote_ident}
     */
    public static String value(String setting, String quote) {
        String value = "substr(%1$s, strpos(%1$s, '=') + 1)".formatted(setting);
        String whole = quote.equals("quote_literal") ? "quote_literal(%s)".formatted(value) : value;
        return """
                CASE WHEN split_part(%1$s, '=', 1) IN %2$s
                  THEN coalesce((SELECT string_agg(%3$s(coalesce(replace(name.m[1], '""', '"'), name.m[2])), ', ' ORDER BY name.i)
                                 FROM regexp_matches(%4$s, '"((?:[^"]|"")*)"|([^,[:space:]]+)', 'g') WITH ORDINALITY AS name(m, i)),
                                %3$s(''))
                  ELSE %5$s END""".formatted(setting, LISTS, quote, value, whole);
    }
}
