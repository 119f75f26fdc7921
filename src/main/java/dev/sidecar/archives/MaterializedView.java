package dev.sidecar.archives;

import dev.sidecar.postgres.Session;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Sql;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** A materialized view. */
public record MaterializedView(String schema, String name) {

    /** Also one that reads a view or another materialized view which reads a foreign table, or a table with a foreign partition. */
    private static final String FOREIGN = """
            WITH RECURSIVE reads AS (
                SELECT r.ev_class AS view, d.refobjid AS source
                FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
                UNION SELECT inhparent, inhrelid FROM pg_inherits),
              needs AS (
                SELECT oid FROM pg_class WHERE relkind = 'f'
                UNION SELECT reads.view FROM reads JOIN needs ON needs.oid = reads.source)
            SELECT n.nspname || E'\\n' || c.relname
            FROM needs JOIN pg_class c ON c.oid = needs.oid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'm' ORDER BY 1
            """;

    /** Lists those of a database that cannot be filled without asking a foreign server. */
    private static List<MaterializedView> ofForeignTables(Session session) throws SQLException {
        List<MaterializedView> views = new ArrayList<>();
        for (String row : session.texts(FOREIGN)) {
            String[] names = row.split("\n", 2);
            views.add(new MaterializedView(names[0], names[1]));
        }
        return views;
    }

    /** Lists the same over a session of its own. */
    public static Set<MaterializedView> unfilled(Supplier<Session> sessions) {
        try (Session session = sessions.get()) {
            return Set.copyOf(ofForeignTables(session));
        } catch (SQLException e) {
            throw new BackupFailure(Reason.RESTORE, "Cannot read the restored definitions: " + e.getMessage(), e);
        }
    }

    /** Says that it was left empty, for a person. */
    public String leftEmpty() {
        return "Materialized view %1$s reads a foreign table and was restored without rows; fill it with REFRESH MATERIALIZED VIEW %1$s."
                .formatted(qualifiedName());
    }

    /** Schema and name, quoted where needed. */
    public String qualifiedName() {
        return Sql.identifier(schema) + "." + Sql.identifier(name);
    }
}
