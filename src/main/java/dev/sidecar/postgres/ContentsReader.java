package dev.sidecar.postgres;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Manifest.Extension;
import dev.sidecar.sets.Manifest.ExtensionTable;
import dev.sidecar.sets.Manifest.Sequence;
import dev.sidecar.sets.Manifest.Table;
import dev.sidecar.sets.Sql;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.copy.CopyOut;

/** Reads the contents of a database in the current transaction, in the same way from the source and from a restored copy. */
public final class ContentsReader {

    /** Tables of extensions are left out: CREATE EXTENSION makes them, and pg_dump does not dump them. */
    private static final String OF_TABLES = """
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
              AND NOT EXISTS (SELECT FROM pg_depend d
                              WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
            """;

    private static final String TABLES = """
            SELECT n.nspname, c.relname, pg_relation_size(c.oid), c.relpersistence <> 'u',
                   has_table_privilege(c.oid, 'SELECT')
            """ + OF_TABLES + "ORDER BY n.nspname, c.relname";

    private static final String SHARED_NAMES =
            "SELECT 'role', rolname FROM pg_roles UNION ALL SELECT 'tablespace', spcname FROM pg_tablespace";

    private static final String PARTITIONS_BY_HASH_OF_ENUM = """
            SELECT n.nspname, c.relname, rn.nspname, r.relname
            FROM pg_class c
              JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_class r ON r.oid = pg_partition_root(c.oid)
              JOIN pg_namespace rn ON rn.oid = r.relnamespace
            WHERE c.relkind = 'r' AND c.relispartition AND EXISTS (
              SELECT FROM pg_partition_ancestors(c.oid) a
                JOIN pg_partitioned_table p ON p.partrelid = a.relid
                JOIN pg_opclass o ON o.oid = ANY (p.partclass)
                JOIN pg_opfamily f ON f.oid = o.opcfamily
              WHERE p.partstrat = 'h' AND f.opfname = 'enum_ops')
            """;

    private static final String SEQUENCES = """
            SELECT n.nspname, c.relname, pg_sequence_last_value(c.oid)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'S' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
              AND (NOT EXISTS (SELECT FROM pg_depend d
                               WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
                   OR EXISTS (SELECT FROM pg_extension e WHERE c.oid = ANY (e.extconfig)))
            ORDER BY n.nspname, c.relname
            """;

    /**
     * Lists the rows that extensions have marked as the application's. Rows that a condition chooses are read by a query, whose planning runs functions
     * in expressions of indexes: only the table's owner makes one, and only an owner who may do no more than this role could gain by it.
     */
    private static final String EXTENSION_TABLES = """
            SELECT e.extname, coalesce(k.condition, ''), n.nspname, c.relname, pg_relation_size(c.oid), c.relpersistence <> 'u',
                   has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid)
                   AND (coalesce(k.condition, '') = '' OR o.rolsuper OR o.rolname = current_user)
            FROM pg_extension e, unnest(e.extconfig, e.extcondition) AS k(oid, condition), pg_class c, pg_namespace n, pg_roles o
            WHERE c.oid = k.oid AND n.oid = c.relnamespace AND o.oid = c.relowner AND c.relkind = 'r'
            ORDER BY n.nspname, c.relname
            """;

    /** Lists what pg_dump reads or locks and this role may not, with the grant that allows it. Policies hide rows from all but some. */
    private static final String UNREADABLE = """
            SELECT format('%I.%I', schema, name),
                   CASE WHEN NOT may_enter THEN format('GRANT USAGE ON SCHEMA %I TO %I', schema, current_user)
                        WHEN NOT may_read THEN format('GRANT SELECT ON %s%I.%I TO %I', kind, schema, name, current_user)
                        ELSE format('ALTER ROLE %I BYPASSRLS', current_user) END
            FROM (SELECT n.nspname AS schema, c.relname AS name, CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE '' END AS kind,
                         has_schema_privilege(n.oid, 'USAGE') AS may_enter,
                         CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'SELECT')
                                        ELSE has_table_privilege(c.oid, 'SELECT') END AS may_read,
                         c.relkind = 'r' AND row_security_active(c.oid) AS rows_are_hidden
                  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE c.relkind IN ('r', 'p', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                    AND (NOT EXISTS (SELECT FROM pg_depend d
                                     WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
                         OR EXISTS (SELECT FROM pg_extension e WHERE c.oid = ANY (e.extconfig)))) AS dumped
            WHERE NOT may_enter OR NOT may_read OR rows_are_hidden
            ORDER BY schema, name
            """;

    /** All that is read as text: what it is, its name, and what else there is to read. */
    private static final String TEXTS = """
            SELECT 'schema', nspname::text, '' FROM pg_namespace
            UNION ALL
            SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, quote_ident(n.nspname) || '.' || quote_ident(c.relname), ''
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'S')
            UNION ALL SELECT 'role', rolname, '' FROM pg_roles
            UNION ALL SELECT 'tablespace', spcname, '' FROM pg_tablespace
            UNION ALL
            SELECT 'setting', split_part(s, '=', 1), s FROM pg_db_role_setting r, unnest(r.setconfig) s
            WHERE r.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
            UNION ALL
            SELECT 'comment', 'on the database', shobj_description(oid, 'pg_database')
            FROM pg_database WHERE datname = current_database()
            ORDER BY 1, 2
            """;

    /** Half of a checksum: enough to notice what was changed. */
    private static final int DIGEST_BYTES = 16;

    private static final int MOST_NAMED = 20;
    private static final int MOST_GRANTS = 5;

    private static final String ROLES = """
            SELECT DISTINCT r.rolname FROM pg_roles r
            WHERE r.rolname !~ '^pg_' AND r.oid IN (
              SELECT d.refobjid FROM pg_shdepend d
                WHERE d.refclassid = 'pg_authid'::regclass
                  AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
              UNION SELECT datdba FROM pg_database WHERE datname = current_database()
              UNION SELECT relowner FROM pg_class UNION SELECT nspowner FROM pg_namespace
              UNION SELECT proowner FROM pg_proc)
              AND r.oid <> 10
            ORDER BY r.rolname
            """;

    private static final String TABLESPACES = """
            SELECT DISTINCT t.spcname FROM pg_tablespace t
            WHERE t.oid IN (SELECT reltablespace FROM pg_class WHERE reltablespace <> 0
                            UNION SELECT dattablespace FROM pg_database WHERE datname = current_database())
              AND t.spcname !~ '^pg_'
            ORDER BY t.spcname
            """;

    /** insufficient_privilege, which PostgreSQL also says where row security would hide rows. */
    private static final String FORBIDDEN = "42501";

    private final Session session;

    public ContentsReader(Session session) {
        this.session = session;
    }

    /** Lists tables without counting their rows. @throws BackupFailure naming those that the user may not read */
    public List<Table> tables() throws SQLException {
        List<String> forbidden = new ArrayList<>();
        List<Table> tables = session.rows(TABLES, row -> {
            Table table = new Table(row.getString(1), row.getString(2), null, row.getLong(3), null, row.getBoolean(4));
            if (!row.getBoolean(5)) {
                forbidden.add(table.qualifiedName());
            }
            return table;
        });
        if (!forbidden.isEmpty()) {
            throw new BackupFailure(
                    Reason.PERMISSION,
                    "User '%s' may not read %s. Grant SELECT, or run postgres/backup-role.sql for the role of sidecar.backup.server.user."
                            .formatted(session.text("SELECT current_user"), String.join(", ", forbidden)));
        }
        return tables;
    }

    /** Counts the tables. It waits for no lock, as whoever only looks must not. */
    public long countTables() throws SQLException {
        return Long.parseLong(session.text("SELECT count(*) " + OF_TABLES));
    }

    /**
     * Refuses a role that may not read all of the database and the password hashes of roles.
     *
     * @param maintenance a session of the same role, where the hashes are read
     * @throws BackupFailure with PERMISSION, naming what it may not read and what to grant
     */
    void refuseUnreadable(Session maintenance) throws SQLException {
        Set<String> names = new LinkedHashSet<>();
        Set<String> grants = new LinkedHashSet<>();
        session.rows(UNREADABLE, row -> names.add(row.getString(1)) | grants.add(row.getString(2)));
        maintenance
                .texts("SELECT format('GRANT SELECT ON pg_catalog.pg_authid TO %I', current_user)"
                        + " WHERE NOT has_table_privilege('pg_authid', 'SELECT')")
                .forEach(grant -> {
                    names.add("the password hashes of roles");
                    grants.add(grant);
                });
        if (!names.isEmpty()) {
            throw new BackupFailure(
                    Reason.PERMISSION,
                    "User '%s' may not read %s. A superuser can run postgres/backup-role.sql for it, or say: %s."
                            .formatted(
                                    session.text("SELECT current_user"),
                                    first(names, MOST_NAMED, ", "),
                                    first(grants, MOST_GRANTS, "; ")));
        }
    }

    /**
     * Refuses names that pg_dumpall cannot read, and does not say: a role that was made in a database of another encoding has its letters.
     *
     * @param maintenance a session with the database that pg_dumpall connects to
     */
    void refuseStrangeNames(Session maintenance) throws SQLException {
        String strange = maintenance.text("SELECT getdatabaseencoding()").equals("UTF8")
                ? notLetters(maintenance, SHARED_NAMES)
                : "";
        if (!strange.isEmpty()) {
            throw new BackupFailure(
                    Reason.DUMP,
                    "pg_dumpall cannot read the name of %s, which is not written in UTF-8: it was given in a database of another encoding. Rename it there (ALTER ROLE or ALTER TABLESPACE ... RENAME TO)."
                            .formatted(strange));
        }
    }

    /**
     * Finds what is not written in UTF-8. A database without encoding takes any bytes, and no session can read or say them.
     *
     * @return the first of them, for a person; empty if there are none
     */
    String notLetters() throws SQLException {
        return notLetters(session, TEXTS);
    }

    private static String notLetters(Session session, String texts) throws SQLException {
        Set<String> found = new LinkedHashSet<>();
        session.copy(texts, row -> {
            if (new String(row, StandardCharsets.UTF_8).indexOf('\uFFFD') >= 0 && found.size() <= MOST_NAMED) {
                String[] fields = escaped(row).split("\t", 3);
                found.add(fields[0] + " " + fields[1]);
            }
        });
        return first(found, MOST_NAMED, ", ");
    }

    private static String escaped(byte[] row) {
        StringBuilder text = new StringBuilder();
        for (byte letter : row) {
            text.append(letter < 0 ? "\\x%02x".formatted(letter & 0xff) : String.valueOf((char) letter));
        }
        return text.toString();
    }

    private static String first(Set<String> all, int most, String between) {
        return all.stream().limit(most).collect(Collectors.joining(between))
                + (all.size() > most ? " and %d more".formatted(all.size() - most) : "");
    }

    /**
     * Lists partitions by the hash of an enum, each with its partitioned table. The hash is that of the value's number, which is
     * another one in every database, so that pg_dump has such rows loaded through the table and they may arrive in another partition.
     */
    public Map<String, String> partitionsByHashOfEnum() throws SQLException {
        Map<String, String> partitions = new HashMap<>();
        session.rows(
                PARTITIONS_BY_HASH_OF_ENUM,
                row -> partitions.put(
                        name(row.getString(1), row.getString(2)), name(row.getString(3), row.getString(4))));
        return partitions;
    }

    private static String name(String schema, String table) {
        return Sql.identifier(schema) + "." + Sql.identifier(table);
    }

    /** Says how the contents of a table are digested. */
    public enum Digesting {
        NONE,
        /** Of the rows as COPY writes them. */
        COPIED,
        /**
         * By a query, as older versions did. Its planning runs functions that the owner of the table wrote, so only a server where there
         * is nothing to take is asked so.
         */
        PLANNED;

        /** Tells how the digest of a table was made. */
        public static Digesting of(Table table) {
            String digest = table.digest();
            return digest == null ? NONE : digest.startsWith(Table.COPIED_DIGEST) ? COPIED : PLANNED;
        }
    }

    /** Counts the rows of a table exactly, and digests them if asked to. */
    public Table counted(Table table, Digesting digesting) throws SQLException {
        String name = Sql.quoted(table.schema()) + "." + Sql.quoted(table.name());
        try {
            boolean copied = digesting == Digesting.COPIED;
            Rows rows = copied ? digested(name, "") : new Rows(number(table, name), null);
            return new Table(
                    table.schema(),
                    table.name(),
                    rows.number(),
                    table.bytes(),
                    digesting == Digesting.PLANNED ? plannedDigest(name) : rows.digest(),
                    table.logged());
        } catch (SQLException e) {
            throw new BackupFailure(
                    FORBIDDEN.equals(e.getSQLState()) ? Reason.PERMISSION : Reason.DUMP,
                    "The rows of %s cannot be counted: %s".formatted(table.qualifiedName(), e.getMessage()),
                    e);
        }
    }

    /**
     * Lists the tables of extensions whose rows are dumped. Those are counted that this role may read.
     *
     * @param how says how one is digested; null if it is not to be counted
     */
    public List<ExtensionTable> extensionTables(Function<ExtensionTable, @Nullable Digesting> how) throws SQLException {
        Set<ExtensionTable> readable = new HashSet<>();
        List<ExtensionTable> all = session.rows(EXTENSION_TABLES, row -> {
            ExtensionTable found = new ExtensionTable(
                    row.getString(1),
                    row.getString(2),
                    new Table(row.getString(3), row.getString(4), null, row.getLong(5), null, row.getBoolean(6)));
            if (row.getBoolean(7)) {
                readable.add(found);
            }
            return found;
        });
        List<ExtensionTable> counted = new ArrayList<>();
        for (ExtensionTable each : all) {
            Digesting digesting = readable.contains(each) ? how.apply(each) : null;
            counted.add(digesting == null ? each : counted(each, digesting));
        }
        return counted;
    }

    private ExtensionTable counted(ExtensionTable dumped, Digesting digesting) throws SQLException {
        Table table = dumped.table();
        Rows rows = digested(Sql.quoted(table.schema()) + "." + Sql.quoted(table.name()), dumped.condition());
        return new ExtensionTable(
                dumped.extension(),
                dumped.condition(),
                new Table(
                        table.schema(),
                        table.name(),
                        rows.number(),
                        table.bytes(),
                        digesting == Digesting.NONE ? null : rows.digest(),
                        table.logged()));
    }

    private record Rows(long number, @Nullable String digest) {}

    /**
     * Reads one column and lets the server tell the count. A query is planned, and the planner runs functions of the application that
     * stand in expressions of indexes, with our rights; COPY of a table is not planned. It also refuses what is no table. No letter is
     * converted, as nobody reads it and not every byte is one.
     */
    private long number(Table table, String name) throws SQLException {
        String column = table.bytes() == 0
                ? ""
                : list(columns(name, "attlen < 0, attlen, attnum").stream()
                        .limit(1)
                        .toList());
        CopyOut rows = session.copyOut("COPY " + name + column + " TO STDOUT (ENCODING 'SQL_ASCII')");
        while (rows.readFromCopy() != null) {
            // Only the number counts.
        }
        return rows.getHandledRowCount();
    }

    /**
     * Sums up the digests of rows, so that their order does not matter. The columns are in the order of their names, as those of an
     * inherited table come back in another one. Generated columns are left out: a restore computes them.
     */
    private Rows digested(String name, String condition) throws SQLException {
        List<String> columns = columns(name, "attname");
        String source = condition.isEmpty()
                ? name + list(columns)
                : "(SELECT %s FROM ONLY %s %s)".formatted(String.join(", ", columns), name, condition);
        CopyOut rows = session.copyOut("COPY " + source + " TO STDOUT (ENCODING 'SQL_ASCII')");
        MessageDigest row = sha256();
        BigInteger sum = BigInteger.ZERO;
        for (byte[] piece = rows.readFromCopy(); piece != null; piece = rows.readFromCopy()) {
            row.update(piece);
            if (Session.endsRow(piece)) {
                sum = sum.add(new BigInteger(1, row.digest(), 0, DIGEST_BYTES));
            }
        }
        return new Rows(rows.getHandledRowCount(), Table.COPIED_DIGEST + sum);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** In parentheses; empty if no column can be named, and then a row costs nothing. */
    private static String list(List<String> columns) {
        return columns.isEmpty() ? "" : " (" + String.join(", ", columns) + ")";
    }

    private List<String> columns(String name, String order) throws SQLException {
        return session.texts("""
                SELECT quote_ident(attname) FROM pg_attribute
                WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
                ORDER BY %s
                """.formatted(Sql.literal(name), order));
    }

    /** A row's text is made by its type's own output function: a cast to text may be the application's. */
    private String plannedDigest(String name) throws SQLException {
        return String.valueOf(
                session.text("SELECT sum(hashtextextended(textin(record_out(sidecar_row.*)), 0)::numeric)::text"
                        + " FROM ONLY " + name + " AS sidecar_row"));
    }

    /** Lists what a role that is no superuser cannot dump, although pg_dump succeeds. */
    List<String> hidden() throws SQLException {
        if (session.text("SHOW is_superuser").equals("on")) {
            return List.of();
        }
        List<String> hidden = new ArrayList<>(session.texts("""
                SELECT format('subscription %I', subname) FROM pg_subscription
                WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY subname
                """));
        boolean shown = session.text("SELECT has_table_privilege('pg_user_mapping', 'SELECT')")
                .equals("t");
        hidden.addAll(session.texts(shown ? """
                        SELECT format('the options of the user mapping of %s for server %I',
                                      CASE umuser WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(umuser)) END, srvname)
                        FROM pg_user_mapping JOIN pg_foreign_server s ON s.oid = umserver WHERE umoptions IS NOT NULL ORDER BY 1
                        """ : """
                        SELECT format('the options of the user mapping of %s for server %I', quote_ident(usename), srvname)
                        FROM pg_user_mappings WHERE umoptions IS NULL ORDER BY 1
                        """));
        if (!session.text("SHOW lo_compat_privileges").equals("on")) {
            String others = session.text(
                    "SELECT count(*) FROM pg_largeobject_metadata WHERE NOT pg_has_role(lomowner, 'USAGE')");
            if (!others.equals("0")) {
                hidden.add(
                        "%s large objects of other roles (or this role, once one said: ALTER ROLE %s SET lo_compat_privileges = on)"
                                .formatted(others, session.text("SELECT quote_ident(current_user)")));
            }
        }
        return hidden;
    }

    /** Lists sequences; {@code before} is their value now. */
    public List<Sequence> sequences() throws SQLException {
        return session.rows(SEQUENCES, row -> {
            long value = row.getLong(3);
            Long last = row.wasNull() ? null : Long.valueOf(value);
            return new Sequence(row.getString(1), row.getString(2), last, last);
        });
    }

    public long largeObjects() throws SQLException {
        return Long.parseLong(session.text("SELECT count(*) FROM pg_largeobject_metadata"));
    }

    public List<Extension> extensions() throws SQLException {
        return session.rows(
                "SELECT extname, extversion FROM pg_extension ORDER BY extname",
                row -> new Extension(row.getString(1), row.getString(2)));
    }

    public List<String> roles() throws SQLException {
        return session.sharedTexts(ROLES);
    }

    public List<String> tablespaces() throws SQLException {
        return session.sharedTexts(TABLESPACES);
    }

    /** Describes the server and the database of this session. */
    public Manifest.Server server() throws SQLException {
        int version = Integer.parseInt(session.text("SHOW server_version_num"));
        boolean provider = version >= 150_000;
        String locale = version >= 170_000 ? "datlocale" : provider ? "daticulocale" : "NULL";
        String rules = version >= 160_000 ? "daticurules" : "NULL";
        String name = session.text("SHOW server_version").split(" ")[0];
        List<String> definition = DatabaseDefinition.statements(session);
        List<String> schema = DatabaseDefinition.ofSchemaPublic(session, version);
        return session.rows(
                        """
                        SELECT pg_encoding_to_char(encoding), datcollate, datctype, %s, %s, %s,
                               (SELECT system_identifier FROM pg_control_system()), %s
                        FROM pg_database WHERE datname = current_database()
                        """.formatted(
                                        provider ? "datlocprovider" : "'c'",
                                        locale,
                                        provider ? "datcollversion" : "NULL",
                                        rules),
                        row -> new Manifest.Server(
                                name,
                                version,
                                row.getString(7),
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                switch (row.getString(4)) {
                                    case "i" -> "icu";
                                    case "b" -> "builtin";
                                    default -> "libc";
                                },
                                row.getString(5),
                                row.getString(6),
                                definition,
                                row.getString(8),
                                schema))
                .get(0);
    }

    /** Lists the names of tables that exist now, which another session's snapshot may not show. */
    Set<String> namesOfTables() throws SQLException {
        return new HashSet<>(session.rows(TABLES, row -> name(row.getString(1), row.getString(2))));
    }
}
