package dev.sidecar.duty;

import dev.sidecar.jobs.Duty;
import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.jobs.Schedule;
import dev.sidecar.postgres.ServerAddress;
import dev.sidecar.postgres.Session;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.text.HostileText;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session of PostgreSQL that has, or waits for, the lock of its stack. The server gives it to one session and takes it back when that
 * ends, however the process ended; no clock has a say in it.
 */
final class SharedDuty implements Duty, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(SharedDuty.class);

    private static final Duration EVERY = Duration.ofSeconds(5);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);
    private static final Duration RUN_LIMIT = Duration.ofMinutes(1);
    private static final String SESSION = "sidecar duty ";
    /** "side" as a number: advisory locks have no names. */
    private static final int CLASS = 1936286821;

    /** A host that is gone does not say so: the server asks it, and ends the session after half a minute. */
    private static final String NOTICE_A_LOST_HOST =
            "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4";

    private static final State UNASKED = new State(Holder.UNKNOWN, "it has not been asked yet who is on duty");

    private final ServerAddress address;
    private final String name;
    private final int lock;
    private @Nullable Session session;
    private boolean held;
    private String lastOther = "";
    private boolean closed;
    private boolean failed;
    private long failedAt;
    private volatile State last = UNASKED;

    SharedDuty(ServerAddress address, String stack, String name) {
        this.address = address;
        this.name = name;
        CRC32 ofStack = new CRC32();
        ofStack.update(("duty of " + stack).getBytes(StandardCharsets.UTF_8));
        this.lock = (int) ofStack.getValue();
    }

    /** Looks every few seconds, so that the duty of one that ended is taken soon. */
    Job job() {
        return new Job("duty", Schedule.every(EVERY), RUN_LIMIT, run -> {
            State now = ask();
            return now.holder() == Holder.THIS ? Outcome.success("on duty") : Outcome.skipped(now.why());
        });
    }

    @Override
    public State last() {
        return last;
    }

    /** While the server does not answer it is asked every few seconds, however many jobs want to know: each asking may take long. */
    @Override
    public synchronized State ask() {
        if (failed && System.nanoTime() - failedAt < EVERY.toNanos()) {
            return last;
        }
        State before = last;
        State now = asked();
        last = now;
        if (!now.equals(before)) {
            var line = now.holder() == Holder.UNKNOWN ? log.atWarn() : log.atInfo();
            line.addKeyValue("name", name)
                    .log(now.holder() == Holder.THIS ? "this sidecar is on duty" : "not on duty: {}", now.why());
        }
        return now;
    }

    private State asked() {
        if (closed) {
            return new State(Holder.UNKNOWN, "this sidecar is stopping");
        }
        try {
            Session asking = session == null ? open() : session;
            failed = false;
            if (held) {
                asking.text("SELECT 1");
            } else {
                held = asking.text("SELECT pg_try_advisory_lock(%d, %d)".formatted(CLASS, lock))
                        .equals("t");
            }
            if (held) {
                lastOther = "";
                return new State(Holder.THIS, "");
            }
            return other(asking);
        } catch (SQLException | BackupFailure e) {
            end();
            failed = true;
            failedAt = System.nanoTime();
            String why = HostileText.line(String.valueOf(e.getMessage()));
            // Who was not on duty does not begin because the server is down: the other one goes on.
            return lastOther.isEmpty()
                    ? new State(Holder.UNKNOWN, "Cannot ask PostgreSQL which sidecar is on duty: " + why)
                    : new State(
                            Holder.OTHER,
                            "another sidecar, %s, was on duty when PostgreSQL last answered: %s"
                                    .formatted(lastOther, why));
        }
    }

    private Session open() throws SQLException {
        Session opened = address.connectToMaintenance(SESSION + name);
        session = opened;
        opened.limitAnswers(ANSWER_LIMIT);
        opened.execute(NOTICE_A_LOST_HOST);
        return opened;
    }

    /** Any role may take any lock, but only who logs in as this one is a sidecar: nobody else can keep all of them from their work. */
    private State other(Session asking) throws SQLException {
        List<List<String>> holders = asking.table("""
                SELECT a.application_name, a.usename = current_user
                FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid JOIN pg_database d ON d.oid = l.database
                WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND d.datname = current_database()
                  AND l.classid = %d AND l.objid = %d
                """.formatted(CLASS, Integer.toUnsignedLong(lock)));
        if (holders.isEmpty()) {
            return new State(Holder.UNKNOWN, "the sidecar that was on duty has just ended");
        }
        String holder = HostileText.line(holders.get(0).get(0));
        if (!"t".equals(holders.get(0).get(1))) {
            return new State(
                    Holder.UNKNOWN,
                    "the lock of the sidecar on duty is held by a session of another role, '%s'".formatted(holder));
        }
        lastOther = holder.startsWith(SESSION) ? holder.substring(SESSION.length()) : holder;
        return new State(Holder.OTHER, "another sidecar, %s, is on duty".formatted(lastOther));
    }

    private void end() {
        held = false;
        if (session != null) {
            session.abort();
            session = null;
        }
    }

    /** The others need not wait. */
    @Override
    public synchronized void close() {
        closed = true;
        end();
    }
}
