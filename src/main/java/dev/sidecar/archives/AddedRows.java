package dev.sidecar.archives;

import dev.sidecar.postgres.Session;
import dev.sidecar.sets.Sql;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Sees whether a database was loaded by adding rows alone. All of it belongs to one role meanwhile, so that code of one table's owner could
 * change rows of another's, and their number stays the same. It would leave a trace: in the catalogue while rows are added, as by a trigger that
 * is dropped again, and later in the files and in PostgreSQL's own figures, which only a superuser can reset.
 */
public final class AddedRows {

    private static final int FIGURES_AT_ONCE = 150_000;
    private static final double LATEST_FIGURES = 1.5;

    private final String role;
    private final Map<String, String> defined;
    private final TreeSet<String> changed = new TreeSet<>();
    private Map<String, String> filled = Map.of();

    private AddedRows(String role, Map<String, String> defined) {
        this.role = role;
        this.defined = defined;
    }

    /** Begins, when tables are defined and empty. @param role that owns them */
    public static AddedRows into(Session session, String role) throws SQLException {
        return new AddedRows(role, tables(session, role, "oid, xmin"));
    }

    /** Tells that the rows are there, and that indexes, constraints and triggers come now. */
    public void areThere(Session session) throws SQLException {
        note(defined, tables(session, role, "oid, xmin"));
        filled = tables(session, role, "oid, relfilenode");
    }

    /** Names the tables to which something else was done. The role's sessions have ended. */
    public List<String> changed(Session session) throws SQLException {
        if (Integer.parseInt(session.text("SHOW server_version_num")) < FIGURES_AT_ONCE) {
            session.texts("SELECT pg_sleep(%s)".formatted(LATEST_FIGURES));
        }
        note(filled, tables(session, role, "oid, relfilenode"));
        changed.addAll(session.texts("""
                SELECT oid::regclass FROM pg_class
                WHERE relkind = 'r' AND pg_stat_get_tuples_updated(oid) + pg_stat_get_tuples_deleted(oid) > 0 AND relowner = %s::regrole
                """.formatted(Sql.literal(role))));
        return List.copyOf(changed);
    }

    /** What is missing or new is told by a comparison with the set. */
    private void note(Map<String, String> before, Map<String, String> after) {
        after.forEach((table, is) -> {
            if (!is.equals(before.getOrDefault(table, is))) {
                changed.add(table);
            }
        });
    }

    private static Map<String, String> tables(Session session, String role, String marks) throws SQLException {
        return session
                .table("SELECT oid::regclass, (%s)::text FROM pg_class WHERE relkind = 'r' AND relowner = %s::regrole"
                        .formatted(marks, Sql.literal(role)))
                .stream()
                .collect(Collectors.toMap(table -> table.get(0), table -> table.get(1)));
    }
}
