package dev.sidecar.postgres;

import dev.sidecar.postgres.Archive.Item;
import dev.sidecar.secrets.Secret;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Sql;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.util.PasswordUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A role for the time of one restore. It loads the objects and rows of one new database and owns them meanwhile. It is a member of no
 * other role and may do nothing elsewhere, so that code which the database brings along and the restore runs has nothing to take.
 * Closing it drops the role.
 */
public final class RestoreRole implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RestoreRole.class);

    /** Owns what may not be given to its own owner; nobody can log in as it. */
    public static final String STAND_IN = "sidecar_restored";

    /** One statement and no more: the administrator runs what is taken out of it, and an archive may be anybody's. */
    private static final Pattern DROP_OPERATOR =
            Pattern.compile("DROP (OPERATOR (?:[^\";'\\\\]++|\"[^\"]*+\")++(?<=\\)));\\s*");

    private static final String NOT_PERMITTED = "42501";
    private static final String PREFIX = "sidecar_restore_";
    private static final int BYTES_OF_PASSWORD = 24;
    private static final int BYTES_OF_NAME = 6;
    private static final int OBJECTS_IN_ONE_STATEMENT = 500;

    private final Session maintenance;
    private final ServerAddress server;
    private final String name;
    private final String verifier;
    private final ServerAddress address;

    private RestoreRole(
            Session maintenance, ServerAddress server, String name, String verifier, ServerAddress address) {
        this.maintenance = maintenance;
        this.server = server;
        this.name = name;
        this.verifier = verifier;
        this.address = address;
    }

    /** Makes the role, and locks it. @param maintenance a session of the administrator, open for longer than the role */
    public static RestoreRole create(ServerAddress server, Session maintenance) throws SQLException {
        SecureRandom random = new SecureRandom();
        String name = PREFIX + hex(random, BYTES_OF_NAME);
        String password = hex(random, BYTES_OF_PASSWORD);
        maintenance.texts("SELECT pg_advisory_lock" + UnfinishedDatabase.LOCK.formatted(Sql.literal(name)));
        // The server may log the statement: it gets what the password is checked with, not the password.
        String verifier = PasswordUtil.encodeScramSha256(password.toCharArray());
        boolean superuser = maintenance.text("SHOW is_superuser").equals("on");
        maintenance.execute(
                "CREATE ROLE %s LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD %s VALID UNTIL %s"
                        .formatted(
                                name,
                                Sql.literal(verifier),
                                Sql.literal(maintenance.text("SELECT now() + interval '7 days'"))));
        if (superuser) {
            // What pg_restore quotes of the server decides what becomes of a statement that failed.
            maintenance.execute("ALTER ROLE %s SET lc_messages = 'C'".formatted(name));
        } else {
            maintenance.execute("GRANT %s TO CURRENT_USER".formatted(name));
        }
        leaveOutOfStatistics(maintenance, name);
        return new RestoreRole(maintenance, server, name, verifier, server.as(name, Secret.of(password)));
    }

    /**
     * The long statements of a restore are no slow queries of the application. An alert that left them out by the name of their role would
     * leave out whoever takes such a name.
     */
    private static void leaveOutOfStatistics(Session maintenance, String name) throws SQLException {
        if (maintenance
                .texts("SELECT 1 FROM pg_settings WHERE name = 'pg_stat_statements.track'")
                .isEmpty()) {
            return;
        }
        try {
            maintenance.execute("ALTER ROLE %s SET pg_stat_statements.track = 'none'".formatted(name));
        } catch (SQLException e) {
            if (!NOT_PERMITTED.equals(e.getSQLState())) {
                throw e;
            }
            log.atWarn()
                    .addKeyValue("role", name)
                    .log(
                            "the statements of this restore count as the application's, and may raise the alert SlowQueries: only a"
                                    + " superuser can set pg_stat_statements.track");
        }
    }

    /**
     * Drops the roles that restores left which were killed: no session holds their locks. Their databases must be gone, as
     * {@link UnfinishedDatabase#sweep} sees to it; a role that still owns something stays, and is logged.
     */
    public static void sweep(ServerAddress address) {
        try (Session maintenance = address.connectToMaintenance("sidecar restore")) {
            for (String name : maintenance.texts("SELECT rolname FROM pg_roles WHERE rolname ~ '^%s[0-9a-f]{%d}$'"
                    .formatted(PREFIX, 2 * BYTES_OF_NAME))) {
                String lock = UnfinishedDatabase.LOCK.formatted(Sql.literal(name));
                if (maintenance.text("SELECT pg_try_advisory_lock" + lock).equals("t")) {
                    drop(maintenance, name);
                    maintenance.texts("SELECT pg_advisory_unlock" + lock);
                }
            }
        } catch (SQLException | BackupFailure e) {
            log.atWarn()
                    .log("roles of killed restores are not dropped, the next restore tries again: {}", e.getMessage());
        }
    }

    private static void drop(Session maintenance, String name) {
        try {
            maintenance.execute("DROP OWNED BY " + name);
            maintenance.execute("DROP ROLE " + name);
            log.atWarn().addKeyValue("role", name).log("role of a killed restore dropped");
        } catch (SQLException e) {
            log.atWarn()
                    .addKeyValue("role", name)
                    .log("the role of a killed restore cannot be dropped: {}", e.getMessage());
        }
    }

    private static String hex(SecureRandom random, int bytes) {
        byte[] made = new byte[bytes];
        random.nextBytes(made);
        return HexFormat.of().formatHex(made);
    }

    /** The server, as this role reaches it. */
    public ServerAddress address() {
        return address;
    }

    /** Lets the role work in an empty database, and nobody else but administrators. Whoever acted as it in another one does so no longer. */
    public void enter(String database, Collection<String> tablespaces) throws SQLException {
        leave();
        mayLogIn();
        String quoted = Sql.quoted(database);
        maintenance.execute("REVOKE ALL ON DATABASE %s FROM PUBLIC".formatted(quoted));
        maintenance.execute("GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %s TO %s".formatted(quoted, name));
        for (String tablespace : tablespaces) {
            maintenance.execute("GRANT CREATE ON TABLESPACE %s TO %s".formatted(Sql.quoted(tablespace), name));
        }
        try (Session session = server.connect(database, "sidecar restore")) {
            for (String schema : session.texts("SELECT nspname FROM pg_namespace WHERE nspname = 'public'")) {
                session.execute("GRANT USAGE, CREATE ON SCHEMA %s TO %s".formatted(schema, name));
            }
        }
    }

    /** Gives the role the password that we know: it may change its own, and so may the database's code. */
    public void mayLogIn() throws SQLException {
        maintenance.execute("ALTER ROLE %s LOGIN PASSWORD %s".formatted(name, Sql.literal(verifier)));
    }

    /** Lets the role make what the application keeps in schemas that its extensions made, or are in. */
    public void mayEnterSchemasOfExtensions(Session session) throws SQLException {
        for (String schema : session.texts("""
                SELECT d.objid::regnamespace FROM pg_depend d
                WHERE d.classid = 'pg_namespace'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
                UNION SELECT e.extnamespace::regnamespace FROM pg_extension e WHERE e.extnamespace >= 16384
                """)) {
            session.execute("GRANT USAGE, CREATE ON SCHEMA %s TO %s".formatted(schema, name));
        }
    }

    /**
     * Gives the role the tables of extensions from which others inherit, as only their owner may make such a table.
     *
     * @param inherited says of a table, named as pg_dump writes it, whether another inherits from it
     */
    public LentTables mayInherit(Session session, Predicate<String> inherited) throws SQLException {
        return LentTables.lend(session, name, inherited);
    }

    /** Lets the role load the rows that extensions keep in tables of their own. */
    public void mayFillExtensions(Session session) throws SQLException {
        forTablesOfExtensions(session, "GRANT %s ON TABLE %s TO " + name);
    }

    /** Takes that back, before rows are loaded that run code of the database. */
    public void mayNotFillExtensions(Session session) throws SQLException {
        forTablesOfExtensions(session, "REVOKE %s ON TABLE %s FROM " + name);
    }

    /** Lets the role make foreign keys to the tables of extensions. It ends when all is handed over. */
    public void mayReferToExtensions(Session session) throws SQLException {
        for (String table : session.texts("""
                SELECT c.oid::regclass FROM pg_class c
                WHERE c.relkind IN ('r', 'p') AND EXISTS (
                  SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
                """)) {
            session.execute("GRANT REFERENCES ON TABLE %s TO %s".formatted(table, name));
        }
    }

    /** Lets the role make triggers of tables that have partitions which an administrator made, such as foreign ones. It ends likewise. */
    public void mayTriggerOnPartitions(Session session) throws SQLException {
        for (String table : session.texts("""
                SELECT c.oid::regclass FROM pg_class c
                WHERE c.relkind IN ('r', 'p', 'f') AND c.relispartition AND NOT pg_has_role('%s', c.relowner, 'USAGE')
                """.formatted(name))) {
            session.execute("GRANT TRIGGER ON TABLE %s TO %s".formatted(table, name));
        }
    }

    private static void forTablesOfExtensions(Session session, String statement) throws SQLException {
        for (List<String> table : session.table("""
                SELECT CASE relkind WHEN 'S' THEN 'USAGE, UPDATE' ELSE 'INSERT' END, c.oid::regclass
                FROM pg_extension e, unnest(e.extconfig) t JOIN pg_class c ON c.oid = t
                """)) {
            session.execute(statement.formatted(table.get(0), table.get(1)));
        }
    }

    /** Ends the role's sessions; from then on nothing of the database can act as it. */
    public void leave() throws SQLException {
        leave(maintenance);
    }

    private void leave(Session session) throws SQLException {
        session.execute("ALTER ROLE %s NOLOGIN".formatted(name));
        session.texts(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = " + Sql.literal(name));
    }

    /**
     * Lists the objects of the role on which anybody has been granted anything. A restore grants nothing until they belong to their owners, so
     * that the database's own code did it.
     */
    public List<String> granted(Session session) throws SQLException {
        return session.texts("""
                WITH o AS (
                  SELECT 'pg_class'::regclass AS classid, oid, 'table ' || oid::regclass AS what FROM pg_class c
                    WHERE relowner = %1$s AND (relacl IS NOT NULL
                      OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attacl IS NOT NULL))
                  UNION ALL SELECT 'pg_proc'::regclass, oid, 'function ' || oid::regprocedure FROM pg_proc
                    WHERE proowner = %1$s AND proacl IS NOT NULL
                  UNION ALL SELECT 'pg_type'::regclass, oid, 'type ' || format_type(oid, NULL) FROM pg_type
                    WHERE typowner = %1$s AND typacl IS NOT NULL
                  UNION ALL SELECT 'pg_namespace'::regclass, oid, 'schema ' || oid::regnamespace FROM pg_namespace
                    WHERE nspowner = %1$s AND EXISTS (SELECT FROM aclexplode(nspacl) a WHERE a.grantee <> nspowner)
                  UNION ALL SELECT 'pg_largeobject'::regclass, oid, 'large object ' || oid FROM pg_largeobject_metadata
                    WHERE lomowner = %1$s AND lomacl IS NOT NULL)
                SELECT what FROM o WHERE NOT EXISTS (
                  SELECT FROM pg_depend d WHERE d.classid = o.classid AND d.objid = o.oid AND d.deptype = 'e')
                ORDER BY what
                """.formatted(Sql.literal(name) + "::regrole"));
    }

    /**
     * Gives what the role owns to its owners.
     *
     * @param session of the administrator, in the database
     * @param entries what the role has restored
     * @param owner says who gets an entry
     * @param others who gets what belongs to nobody else
     * @return what could not be given to its own owner, for a person
     */
    public List<String> handOver(Session session, List<Item> entries, Function<Item, String> owner, String others)
            throws SQLException {
        session.execute("SET lock_timeout = '60s'");
        List<String> notes = new ArrayList<>();
        Map<String, List<String>> statements = new LinkedHashMap<>();
        for (Item entry : entries) {
            String to = entry.owner().isEmpty() ? others : owner.apply(entry);
            if (!to.equals(others)) {
                if (entry.kind().startsWith("BLOB")) {
                    largeObjects(entry, to, statements);
                } else {
                    object(session, entry, to, statements, notes);
                }
            }
        }
        for (List<String> all : statements.values()) {
            for (int from = 0; from < all.size(); from += OBJECTS_IN_ONE_STATEMENT) {
                session.execute(
                        String.join(";", all.subList(from, Math.min(all.size(), from + OBJECTS_IN_ONE_STATEMENT))));
            }
        }
        session.execute("REASSIGN OWNED BY %s TO %s".formatted(name, Sql.quoted(others)));
        session.execute("DROP OWNED BY " + name);
        return notes;
    }

    private void largeObjects(Item entry, String to, Map<String, List<String>> statements) {
        // Since 17 an entry holds the numbers of many, each in a line of its own.
        List<String> numbers = entry.kind().equals("BLOB METADATA")
                ? entry.definition().lines().toList()
                : List.of(entry.tag());
        for (String number : numbers) {
            if (!number.isBlank() && !entry.kind().equals("BLOBS")) {
                statements
                        .computeIfAbsent(to, each -> new ArrayList<>())
                        .add("ALTER LARGE OBJECT %d OWNER TO %s"
                                .formatted(Long.parseLong(number.strip()), Sql.quoted(to)));
            }
        }
    }

    private void object(
            Session session, Item entry, String to, Map<String, List<String>> statements, List<String> notes)
            throws SQLException {
        String tag = Sql.quoted(entry.tag());
        String qualified = Sql.quoted(entry.schema()) + "." + tag;
        String found = switch (entry.kind()) {
            case "TABLE", "VIEW", "MATERIALIZED VIEW", "SEQUENCE", "TYPE", "DOMAIN" ->
                relationOrType(session, entry, qualified);
            case "FUNCTION", "PROCEDURE", "AGGREGATE" -> routine(session, entry);
            case "OPERATOR" -> operator(entry.drop());
            case "SCHEMA", "PUBLICATION" -> entry.kind() + " " + tag;
            case "COLLATION", "CONVERSION", "STATISTICS", "TEXT SEARCH DICTIONARY", "TEXT SEARCH CONFIGURATION" ->
                entry.kind() + " " + qualified;
            // They belong to what they are part of; the database itself is given to its owner later.
            case "DATABASE",
                    "DATABASE PROPERTIES",
                    "TABLE DATA",
                    "CONSTRAINT",
                    "FK CONSTRAINT",
                    "CHECK CONSTRAINT",
                    "INDEX",
                    "TRIGGER",
                    "RULE",
                    "POLICY",
                    "ACL",
                    "DEFAULT",
                    "DEFAULT ACL",
                    "COMMENT",
                    "SECURITY LABEL",
                    "ROW SECURITY",
                    "SEQUENCE SET",
                    "SEQUENCE OWNED BY",
                    "TABLE ATTACH",
                    "INDEX ATTACH",
                    "MATERIALIZED VIEW DATA",
                    "PUBLICATION TABLE",
                    "CAST",
                    "STATISTICS DATA" -> "";
            default -> null;
        };
        if (found == null) {
            notes.add("The %s could not be given to %s.".formatted(entry.name(), Sql.identifier(to)));
        } else if (!found.isEmpty()) {
            statements
                    .computeIfAbsent(to, each -> new ArrayList<>())
                    .add("ALTER %s OWNER TO %s".formatted(found, Sql.quoted(to)));
        }
    }

    /** The statement that drops it names it with the types of its operands, which its entry leaves out. */
    static @org.jspecify.annotations.Nullable String operator(String drop) {
        Matcher named = DROP_OPERATOR.matcher(drop);
        return named.matches() ? named.group(1) : null;
    }

    /** Of a table's own sequence the owner is the table's. */
    private @org.jspecify.annotations.Nullable String relationOrType(Session session, Item entry, String qualified)
            throws SQLException {
        List<String> found = entry.kind().equals("TYPE") || entry.kind().equals("DOMAIN")
                ? session.texts("SELECT 'TYPE ' || to_regtype(%1$s)::text WHERE to_regtype(%1$s) IS NOT NULL"
                        .formatted(Sql.literal(qualified)))
                : session.texts("""
                        SELECT CASE WHEN EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                                                   AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND c.relkind = 'S')
                                    THEN '' ELSE 'TABLE ' || c.oid::regclass END
                        FROM pg_class c WHERE c.oid = to_regclass(%s)
                        """.formatted(Sql.literal(qualified)));
        return found.isEmpty() ? null : found.get(0);
    }

    /** An entry names it by the types of its arguments; the statement that drops it has their names too, which no function reads. */
    private @org.jspecify.annotations.Nullable String routine(Session session, Item entry) throws SQLException {
        List<String> found = session.texts("""
                SELECT 'ROUTINE ' || p.oid::regprocedure
                FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                WHERE n.nspname = %1$s AND starts_with(%2$s, p.proname || '(')
                  AND %2$s = p.proname || '('
                        || coalesce((SELECT string_agg(format_type(a.type, NULL), ', ' ORDER BY a.i)
                                     FROM unnest(p.proargtypes) WITH ORDINALITY AS a(type, i)),
                                    CASE p.prokind WHEN 'a' THEN '*' ELSE '' END) || ')'
                """.formatted(Sql.literal(entry.schema()), Sql.literal(entry.tag())));
        return found.isEmpty() ? null : found.get(0);
    }

    /** Drops the role, over a new connection. The database must be dropped before, or have been handed over. */
    @Override
    public void close() {
        boolean interrupted = Thread.interrupted();
        try (Session session = server.connectToMaintenance("sidecar restore")) {
            leave(session);
            session.execute("DROP OWNED BY " + name);
            session.execute("DROP ROLE " + name);
        } catch (SQLException | BackupFailure e) {
            log.atError()
                    .addKeyValue("role", name)
                    .setCause(e)
                    .log("cannot drop the role of a restore, drop it by hand");
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Makes the role that stands in for owners, if it is missing. */
    public static void requireStandIn(Session maintenance) throws SQLException {
        if (maintenance
                .texts("SELECT 1 FROM pg_roles WHERE rolname = '" + STAND_IN + "'")
                .isEmpty()) {
            maintenance.execute("CREATE ROLE " + STAND_IN + " NOLOGIN");
            return;
        }
        if (!maintenance
                .texts("SELECT 1 FROM pg_roles WHERE rolname = '" + STAND_IN
                        + "' AND (rolcanlogin OR rolsuper OR rolcreaterole OR rolreplication OR rolbypassrls)")
                .isEmpty()) {
            throw new BackupFailure(
                    Reason.RESTORE,
                    "Role %s can log in; it must not: ALTER ROLE %1$s NOLOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS."
                            .formatted(STAND_IN));
        }
        // A role that may make roles could have made it, to get what superusers own.
        List<String> members = maintenance.texts("""
                SELECT DISTINCT quote_ident(pg_get_userbyid(CASE m.roleid WHEN s.oid THEN m.member ELSE m.roleid END))
                FROM pg_auth_members m JOIN pg_roles s ON s.rolname = '%s' AND s.oid IN (m.roleid, m.member)
                WHERE m.member <> (SELECT oid FROM pg_roles WHERE rolname = current_user)
                """.formatted(STAND_IN));
        if (!members.isEmpty()) {
            throw new BackupFailure(
                    Reason.RESTORE,
                    "Role %s must have no members and be a member of none; see %s, and DROP ROLE or REVOKE."
                            .formatted(STAND_IN, String.join(", ", members)));
        }
    }

    /**
     * Tables of extensions that belong to the role of a restore while it makes those that inherit from them, as only an owner may make such a
     * table. What the database's own code does to them meanwhile would act later, with the rights of whoever uses the extension.
     */
    public static final class LentTables {

        /** All that hangs on a table, but for who inherits or reads from it, and figures that change by themselves. */
        private static final String CATALOG = """
                WITH lent AS (SELECT c.oid, c.reltype, t.typarray FROM pg_class c JOIN pg_type t ON t.oid = c.reltype WHERE c.oid = %s)
                SELECT (to_jsonb(c) - ARRAY['relhassubclass', 'relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'relfrozenxid',
                                           'relminmxid'])::text FROM pg_class c, lent WHERE c.oid = lent.oid
                UNION ALL SELECT a::text FROM pg_attribute a, lent WHERE attrelid = lent.oid
                UNION ALL SELECT t::text FROM pg_type t, lent WHERE t.oid IN (lent.reltype, lent.typarray)
                UNION ALL SELECT t::text FROM pg_trigger t, lent WHERE tgrelid = lent.oid
                UNION ALL SELECT r::text FROM pg_rewrite r, lent WHERE ev_class = lent.oid
                UNION ALL SELECT p::text FROM pg_policy p, lent WHERE polrelid = lent.oid
                UNION ALL SELECT c::text FROM pg_constraint c, lent WHERE conrelid = lent.oid OR confrelid = lent.oid
                UNION ALL SELECT i::text FROM pg_index i, lent WHERE indrelid = lent.oid
                UNION ALL SELECT i::text FROM pg_inherits i, lent WHERE inhrelid = lent.oid
                UNION ALL SELECT c::text FROM pg_cast c, lent
                  WHERE castsource IN (lent.reltype, lent.typarray) OR casttarget IN (lent.reltype, lent.typarray)
                UNION ALL SELECT d::text FROM pg_description d, lent WHERE classoid = 'pg_class'::regclass AND objoid = lent.oid
                UNION ALL SELECT (to_jsonb(p) - 'partdefid')::text FROM pg_partitioned_table p, lent WHERE partrelid = lent.oid
                UNION ALL SELECT d::text FROM pg_depend d, lent
                  WHERE refclassid = 'pg_class'::regclass AND refobjid = lent.oid AND deptype <> 'n'
                    -- A partition goes with its table.
                    AND NOT (deptype = 'a' AND classid = 'pg_class'::regclass
                             AND EXISTS (SELECT FROM pg_inherits i WHERE inhrelid = objid AND inhparent = lent.oid))
                ORDER BY 1
                """;

        private static final String ROWS =
                "SELECT count(*) || md5(coalesce(string_agg(ctid::text || xmin::text, ' ' ORDER BY ctid), '')) FROM ONLY ";

        private final List<Lent> tables = new ArrayList<>();

        private record Lent(String oid, String name, String owner, List<String> catalog, String rows) {}

        private LentTables() {}

        /** None. */
        public static LentTables none() {
            return new LentTables();
        }

        /** @param inherited says of a table, named as pg_dump writes it, whether another inherits from it */
        static LentTables lend(Session session, String role, Predicate<String> inherited) throws SQLException {
            LentTables lent = new LentTables();
            for (List<String> table : session.table("""
                    SELECT format('%I.%I', n.nspname, c.relname), quote_ident(pg_get_userbyid(c.relowner)), c.oid
                    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE c.relkind IN ('r', 'p') AND EXISTS (
                      SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
                    """)) {
                String name = table.get(0);
                if (inherited.test(name)) {
                    String oid = table.get(2);
                    lent.tables.add(
                            new Lent(oid, name, table.get(1), catalog(session, oid), session.text(ROWS + name)));
                    session.execute("ALTER TABLE %s OWNER TO %s".formatted(name, role));
                }
            }
            return lent;
        }

        private static List<String> catalog(Session session, String oid) throws SQLException {
            return session.texts(CATALOG.formatted(Sql.literal(oid)));
        }

        /**
         * Gives them back to their owners.
         *
         * @throws BackupFailure if anything was changed: the database must not be used
         */
        public void giveBack(Session session) throws SQLException {
            for (Lent table : tables) {
                session.execute("ALTER TABLE %s OWNER TO %s"
                        .formatted(session.text("SELECT " + Sql.literal(table.oid()) + "::regclass"), table.owner()));
                // Planning a query runs what stands in indexes: rows are looked at only where nothing was added.
                if (!catalog(session, table.oid()).equals(table.catalog())
                        || !session.text(ROWS + table.name()).equals(table.rows())) {
                    throw new BackupFailure(
                            Reason.RESTORE,
                            "What the backup defines has changed the extension's table %s, which it may only inherit from. Code of the database did that while it was restored: look at it before you trust the backup."
                                    .formatted(table.name()));
                }
            }
        }
    }
}
