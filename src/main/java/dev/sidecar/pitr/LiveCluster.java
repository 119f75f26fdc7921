package dev.sidecar.pitr;

import dev.sidecar.postgres.ContentsReader;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.postgres.Session;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Sql;
import dev.sidecar.text.HostileText;
import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;

/** Asks the server whose WAL is archived, and writes the two markers of a drill into it: with few rights, and in one small table. */
final class LiveCluster {

    private static final String NAME = "sidecar pitr";
    private static final String SCHEMA = "sidecar_pitr";
    private static final long SEGMENT_BYTES = 16L << 20;
    private static final String INSUFFICIENT = "42501";
    private static final int MOST_DATABASES = 200;
    /** Larger ones take long to count. */
    private static final int LARGEST_PAGES = 131_072;

    private final Postgres postgres;

    LiveCluster(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * The server's own words on its archiving.
     *
     * @param on whether it archives at all
     * @param failing whether the last try to archive failed
     * @param failed tries that ever failed
     * @param walBytes of pg_wal
     * @param segmentBytes of each segment
     * @param systemId tells its cluster from others
     * @param timeline that it writes; 0 if it is not known, as of a standby
     * @param version its major, such as 15
     */
    record Archiver(
            boolean on,
            boolean failing,
            long failed,
            long walBytes,
            long segmentBytes,
            String systemId,
            long timeline,
            int version) {

        static Archiver unknown() {
            return new Archiver(true, false, 0, 0, SEGMENT_BYTES, "", 0, 0);
        }
    }

    Archiver archiver() {
        try (Session session = open()) {
            List<String> row = session.table("""
                    SELECT current_setting('archive_mode') <> 'off',
                      coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false),
                      failed_count,
                      CASE WHEN pg_has_role('pg_monitor', 'USAGE') OR current_setting('is_superuser') = 'on'
                        THEN (SELECT sum(size) FROM pg_ls_waldir()) ELSE 0 END,
                      (SELECT setting FROM pg_settings WHERE name = 'wal_segment_size'),
                      CASE WHEN has_function_privilege('pg_control_system()', 'EXECUTE')
                        THEN (SELECT system_identifier::text FROM pg_control_system()) ELSE '' END,
                      CASE WHEN pg_is_in_recovery() THEN '0' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END,
                      current_setting('server_version_num')::int / 10000
                    FROM pg_stat_archiver
                    """).get(0);
            return new Archiver(
                    row.get(0).equals("t"),
                    row.get(1).equals("t"),
                    Long.parseLong(row.get(2)),
                    Long.parseLong(row.get(3)),
                    Long.parseLong(row.get(4)),
                    row.get(5),
                    Segment.hex(row.get(6)),
                    Integer.parseInt(row.get(7)));
        } catch (SQLException e) {
            throw new BackupFailure(
                    Reason.CONNECTION, "Cannot read the state of archiving from the server: " + e.getMessage(), e);
        }
    }

    boolean answers() {
        return postgres.answers();
    }

    private Session open() {
        return postgres.address().connectToMaintenance(NAME);
    }

    String maintenanceDatabase() {
        return postgres.address().maintenanceDatabase();
    }

    /** Its databases; empty if it does not answer now. */
    List<String> databases() {
        try (Session session = open()) {
            return databases(session);
        } catch (SQLException | BackupFailure e) {
            return List.of();
        }
    }

    /** Numbers of the tablespaces that have folders of their own. */
    List<Long> tablespaces() {
        try (Session session = open()) {
            return session.texts("SELECT oid FROM pg_tablespace WHERE pg_tablespace_location(oid) LIKE '/%'").stream()
                    .map(Long::valueOf)
                    .toList();
        } catch (SQLException e) {
            throw new BackupFailure(Reason.CONNECTION, "Cannot read the tablespaces: " + e.getMessage(), e);
        }
    }

    static List<String> databases(Session session) throws SQLException {
        return session.texts("SELECT datname FROM pg_database WHERE datallowconn ORDER BY 1 LIMIT " + MOST_DATABASES);
    }

    /** How many tables a database has; empty if that cannot be asked now. */
    OptionalLong countTables(String database) {
        try (Session session = postgres.address().connect(database, NAME)) {
            return OptionalLong.of(new ContentsReader(session).countTables());
        } catch (SQLException | BackupFailure e) {
            return OptionalLong.empty();
        }
    }

    /** The role that initdb made, whatever it is called: every cluster has it. */
    String superuser() {
        try (Session session = open()) {
            return session.text("SELECT rolname FROM pg_roles WHERE oid = 10");
        } catch (SQLException e) {
            throw new BackupFailure(Reason.CONNECTION, "Cannot read the roles from the server: " + e.getMessage(), e);
        }
    }

    /**
     * The two sides of a moment.
     *
     * @param drill tells its rows from those of other drills
     * @param moment between the commits of the markers, by the server's clock
     * @param lsnA where the WAL stood after the first
     * @param lsnB where it stood after the second
     */
    record Markers(UUID drill, Instant moment, long lsnA, long lsnB) {

        /** The segment that holds the second marker. */
        long segment(long size) {
            return (lsnB - 1) / size;
        }
    }

    Markers mark(UUID drill) throws InterruptedException {
        try (Session session = open()) {
            prepare(session);
            session.execute("SET synchronous_commit = on");
            insert(session, drill, "A");
            long lsnA = lsn(session);
            // A commit's time has microseconds.
            Thread.sleep(2);
            Instant moment = clock(session);
            Thread.sleep(2);
            Instant after = clock(session);
            if (!after.isAfter(moment)) {
                throw new BackupFailure(
                        Reason.UNPROVEN, "The clock of the database's host was set back during the drill; try again.");
            }
            insert(session, drill, "B");
            long lsnB = lsn(session);
            if (!sides(session, drill).equals(List.of("A", "B"))) {
                throw new BackupFailure(
                        Reason.REFUSED,
                        "The live server does not keep the two markers that the drill wrote into table %s.marker: a trigger, a rule or a policy is in the way, so that a marker that is not there would prove nothing. A superuser can drop the schema; then the drill makes its own."
                                .formatted(SCHEMA));
            }
            return new Markers(drill, moment, lsnA, lsnB);
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    /** Has WAL archived that nothing else would: an idle server fills no segment. */
    void pushWal() {
        try (Session session = open()) {
            session.texts("SELECT pg_create_restore_point('sidecar')");
            session.texts("SELECT pg_switch_wal()");
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    /** Fails where a drill would for want of rights. */
    void requireRights() {
        try (Session session = open()) {
            if (session.text("""
                    SELECT has_function_privilege('pg_switch_wal()', 'EXECUTE')
                      AND has_function_privilege('pg_create_restore_point(text)', 'EXECUTE')
                      AND CASE WHEN to_regclass('%1$s.marker') IS NULL
                        THEN has_database_privilege(current_database(), 'CREATE')
                        ELSE has_table_privilege('%1$s.marker', 'INSERT') END
                    """.formatted(SCHEMA)).equals("f")) {
                throw new BackupFailure(
                        Reason.PERMISSION,
                        "user '%s' lacks rights of drills: run pitr-role.sql"
                                .formatted(postgres.address().user()));
            }
            if (session.texts("SELECT to_regclass('%s.marker')".formatted(SCHEMA))
                            .get(0)
                    != null) {
                requireOurs(session);
            }
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private static void prepare(Session session) throws SQLException {
        if (session.texts("SELECT to_regclass('%s.marker')".formatted(SCHEMA)).get(0) == null) {
            session.execute("CREATE SCHEMA IF NOT EXISTS " + SCHEMA);
            session.execute("CREATE TABLE IF NOT EXISTS %s.marker (drill uuid, side text, at timestamptz DEFAULT now())"
                    .formatted(SCHEMA));
        }
        requireOurs(session);
        session.execute("DELETE FROM %s.marker WHERE at < now() - interval '30 days'".formatted(SCHEMA));
    }

    /** Whoever owns a table decides what runs when somebody writes into it, with the rights of whoever writes. */
    private static void requireOurs(Session session) throws SQLException {
        List<String> strangers = session.texts("""
                SELECT DISTINCT pg_get_userbyid(owner) FROM (
                  SELECT nspowner FROM pg_namespace WHERE nspname = '%1$s'
                  UNION ALL SELECT relowner FROM pg_class WHERE relnamespace = '%1$s'::regnamespace AND relname = 'marker') o(owner)
                WHERE owner <> (SELECT oid FROM pg_roles WHERE rolname = current_user) AND NOT (SELECT rolsuper FROM pg_roles WHERE oid = owner)
                """.formatted(SCHEMA));
        if (!strangers.isEmpty()) {
            throw new BackupFailure(
                    Reason.REFUSED,
                    "Schema %s or its table belongs to '%s', who could have code run when the drill writes its markers. A superuser can drop the schema; then the drill makes its own."
                            .formatted(SCHEMA, HostileText.line(strangers.get(0))));
        }
    }

    private static void insert(Session session, UUID drill, String side) throws SQLException {
        session.execute("INSERT INTO %s.marker (drill, side) VALUES ('%s', '%s')".formatted(SCHEMA, drill, side));
    }

    private static long lsn(Session session) throws SQLException {
        return Long.parseLong(session.text("SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint"));
    }

    private static Instant clock(Session session) throws SQLException {
        long micros = Long.parseLong(session.text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"));
        return Instant.EPOCH.plusNanos(micros * 1_000);
    }

    private BackupFailure failure(SQLException e) {
        return INSUFFICIENT.equals(e.getSQLState())
                ? new BackupFailure(
                        Reason.PERMISSION,
                        "User '%1$s' lacks a right for drills (%2$s). A superuser can say in database '%3$s': CREATE SCHEMA %4$s AUTHORIZATION %5$s; GRANT EXECUTE ON FUNCTION pg_switch_wal(), pg_create_restore_point(text) TO %5$s;"
                                .formatted(
                                        postgres.address().user(),
                                        e.getMessage(),
                                        maintenanceDatabase(),
                                        SCHEMA,
                                        Sql.identifier(postgres.address().user())),
                        e)
                : new BackupFailure(
                        Reason.CONNECTION, "Cannot write the markers of a drill to the server: " + e.getMessage(), e);
    }

    /** The markers of a drill that a copy of the cluster has. */
    static List<String> sides(Session session, UUID drill) throws SQLException {
        if (session.texts("SELECT to_regclass('%s.marker')".formatted(SCHEMA)).get(0) == null) {
            return List.of();
        }
        return session.texts("SELECT side FROM %s.marker WHERE drill = '%s' ORDER BY side".formatted(SCHEMA, drill));
    }

    /** How many rows a table has: what statistics say may be of before most of them were deleted. @param otherwise if it cannot be counted */
    long countRows(String database, String table, long otherwise) {
        try (Session session = postgres.address().connect(database, NAME)) {
            return Long.parseLong(session.text("SELECT count(*) FROM ONLY " + table));
        } catch (SQLException | BackupFailure e) {
            return otherwise;
        }
    }

    /** The largest tables that are counted soon, each with about how many rows it has, by schema and name as SQL. */
    Map<String, Long> sample(String database, int tables) {
        Map<String, Long> sample = new LinkedHashMap<>();
        try (Session session = postgres.address().connect(database, NAME)) {
            session.table("""
                            SELECT format('%%I.%%I', n.nspname, c.relname), c.reltuples::bigint
                            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                            WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND c.relpages < %d AND c.reltuples > 0
                              AND n.nspname NOT IN ('pg_catalog', 'information_schema')
                            ORDER BY c.relpages DESC, 1 LIMIT %d
                            """.formatted(LARGEST_PAGES, tables))
                    .forEach(row -> sample.put(row.get(0), Long.parseLong(row.get(1))));
            return sample;
        } catch (SQLException | BackupFailure e) {
            // A database that was dropped since, or that this role may not enter.
            return Map.of();
        }
    }
}
