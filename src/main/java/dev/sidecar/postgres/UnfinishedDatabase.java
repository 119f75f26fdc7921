package dev.sidecar.postgres;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Sql;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A database that is being restored. It has a name of its own until it is whole, a comment that says what it is, and as long as its restore
 * runs a lock: what is marked and not locked was left by a restore that was killed.
 */
public final class UnfinishedDatabase {

    private static final Logger log = LoggerFactory.getLogger(UnfinishedDatabase.class);
    private static final String COMMENT = "unfinished restore, made by the sidecar";
    private static final Pattern NAME = Pattern.compile(".*_restoring_\\d{8}_\\d{6}", Pattern.DOTALL);
    /** Nobody works in what is left, so that whoever locks it has forgotten it. */
    private static final Duration LONGEST_WAIT_FOR_LEFT = Duration.ofSeconds(10);

    private static final Duration LONGEST_DROP_OF_LEFT = Duration.ofMinutes(1);
    private static final Duration LONGEST_SWEEP = Duration.ofMinutes(10);

    /** "side" as a number, beside a number for the name. */
    static final String LOCK = "(1936286821, hashtext(%s))";

    private UnfinishedDatabase() {}

    /**
     * Creates one. It stays locked until {@code maintenance} is closed.
     *
     * @throws BackupFailure with BUSY if another session has the lock: any role may take it, and would be waited for without an end
     */
    public static void create(Session maintenance, String name, Manifest.Server like) throws SQLException {
        if (maintenance
                .text("SELECT pg_try_advisory_lock" + LOCK.formatted(Sql.literal(name)))
                .equals("f")) {
            throw new BackupFailure(
                    Reason.BUSY,
                    "Another session holds the advisory lock of '%s': another restore that began in the same second, or no sidecar at all (pg_locks tells its process). Try again."
                            .formatted(name));
        }
        NewDatabase.create(maintenance, name, like);
        maintenance.execute("COMMENT ON DATABASE %s IS %s".formatted(Sql.quoted(name), Sql.literal(COMMENT)));
    }

    /** Takes the mark off, before the database gets a comment of its own. */
    public static void unmark(Session maintenance, String name) throws SQLException {
        maintenance.execute("COMMENT ON DATABASE %s IS NULL".formatted(Sql.quoted(name)));
    }

    /**
     * Drops what restores left that were killed. What cannot be dropped is logged when all others are gone: a restore waits for no more than
     * a minute for each, and for ten for all.
     */
    public static void sweep(ServerAddress address) {
        sweep(address, LONGEST_WAIT_FOR_LEFT);
    }

    static void sweep(ServerAddress address, Duration lockWait) {
        Map<String, String> resisting = new LinkedHashMap<>();
        long begun = System.nanoTime();
        try (Session maintenance = address.connectToMaintenance("sidecar restore")) {
            maintenance.execute("SET lock_timeout = " + lockWait.toMillis());
            for (String name :
                    maintenance.texts("SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database') = "
                            + Sql.literal(COMMENT))) {
                String lock = LOCK.formatted(Sql.literal(name));
                if (NAME.matcher(name).matches() && System.nanoTime() - begun >= LONGEST_SWEEP.toNanos()) {
                    resisting.put(name, "no time was left for it");
                } else if (NAME.matcher(name).matches()
                        && maintenance
                                .text("SELECT pg_try_advisory_lock" + lock)
                                .equals("t")) {
                    try {
                        drop(address, maintenance, name, LONGEST_DROP_OF_LEFT);
                        log.atWarn().addKeyValue("database", name).log("database of a killed restore dropped");
                    } catch (SQLException e) {
                        resisting.put(name, e.getMessage());
                    }
                    maintenance.texts("SELECT pg_advisory_unlock" + lock);
                }
            }
        } catch (SQLException | BackupFailure e) {
            log.atWarn()
                    .log(
                            "databases of killed restores are not dropped, the next restore tries again: {}",
                            e.getMessage());
        }
        resisting.forEach((name, why) -> log.atWarn()
                .addKeyValue("database", name)
                .log("database of a killed restore is not dropped, the next restore tries again: {}", why));
    }

    /**
     * Drops a database, whatever in it resists: a template flag, prepared transactions, subscriptions, sessions. It never waits without an
     * end.
     *
     * @throws SQLException that names who holds it
     */
    public static void drop(ServerAddress address, Session maintenance, String name) throws SQLException {
        drop(address, maintenance, name, NewDatabase.LONGEST_DROP);
    }

    private static void drop(ServerAddress address, Session maintenance, String name, Duration limit)
            throws SQLException {
        List<String> invalid =
                maintenance.texts("SELECT datconnlimit = -2 FROM pg_database WHERE datname = " + Sql.literal(name));
        if (invalid.isEmpty()) {
            return;
        }
        // Once a drop of it has begun, PostgreSQL takes nothing but another.
        if (invalid.get(0).equals("f")) {
            clear(address, maintenance, name);
        }
        NewDatabase.drop(maintenance, name, limit);
    }

    private static void clear(ServerAddress address, Session maintenance, String name) throws SQLException {
        maintenance.execute(
                "ALTER DATABASE %s WITH IS_TEMPLATE false ALLOW_CONNECTIONS true".formatted(Sql.quoted(name)));
        try (Session inside = address.connect(name, "sidecar restore")) {
            for (String transaction : inside.texts(
                    "SELECT quote_literal(gid) FROM pg_prepared_xacts WHERE database = current_database()")) {
                inside.execute("ROLLBACK PREPARED " + transaction);
            }
            for (String subscription : inside.texts(
                    "SELECT quote_ident(s.subname) FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid"
                            + " WHERE d.datname = current_database()")) {
                inside.execute("ALTER SUBSCRIPTION " + subscription + " DISABLE");
                // Its slot is the live database's.
                inside.execute("ALTER SUBSCRIPTION " + subscription + " SET (slot_name = NONE)");
                inside.execute("DROP SUBSCRIPTION " + subscription);
            }
        } catch (BackupFailure e) {
            log.atDebug().log("cannot look into the database to drop: {}", e.getMessage());
        }
        // Background workers of extensions would connect again between the end of their sessions and the drop.
        maintenance.execute("ALTER DATABASE %s WITH ALLOW_CONNECTIONS false".formatted(Sql.quoted(name)));
    }
}
