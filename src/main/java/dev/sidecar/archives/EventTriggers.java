package dev.sidecar.archives;

import dev.sidecar.postgres.Session;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Supplier;

/**
 * The event triggers that extensions bring: they act on every definition that comes after them, and no archive says that they are there.
 * While the rest of a database is restored, they are disabled.
 */
public final class EventTriggers {

    private final List<String> awaken;

    private EventTriggers(List<String> awaken) {
        this.awaken = awaken;
    }

    /** Disables all that are there. Nobody but a superuser can, so that another role leaves them as they are. */
    public static EventTriggers silenced(Session session) throws SQLException {
        if (!session.text("SHOW is_superuser").equals("on")) {
            return new EventTriggers(List.of());
        }
        List<String> awaken = session.texts("""
                SELECT format('ALTER EVENT TRIGGER %I ENABLE%s', evtname,
                              CASE evtenabled WHEN 'R' THEN ' REPLICA' WHEN 'A' THEN ' ALWAYS' ELSE '' END)
                FROM pg_event_trigger WHERE evtenabled <> 'D'
                """);
        run(session, session.texts("SELECT format('ALTER EVENT TRIGGER %I DISABLE', evtname) FROM pg_event_trigger"));
        return new EventTriggers(awaken);
    }

    /** The same in a throwaway server. @param sessions opens a session with the database */
    public static EventTriggers silencedIn(Supplier<Session> sessions) {
        try (Session session = sessions.get()) {
            return silenced(session);
        } catch (SQLException e) {
            throw new BackupFailure(Reason.UNPROVEN, "Cannot disable the event triggers: " + e.getMessage(), e);
        }
    }

    /** Gives them back what they had. */
    public void awaken(Session session) throws SQLException {
        run(session, awaken);
    }

    /** The same in a throwaway server. @param sessions opens a session with the database */
    public void awakenIn(Supplier<Session> sessions) {
        if (awaken.isEmpty()) {
            return;
        }
        try (Session session = sessions.get()) {
            awaken(session);
        } catch (SQLException e) {
            throw new BackupFailure(Reason.UNPROVEN, "Cannot enable the event triggers: " + e.getMessage(), e);
        }
    }

    private static void run(Session session, List<String> statements) throws SQLException {
        for (String statement : statements) {
            session.execute(statement);
        }
    }
}
