package dev.sidecar.proofs.security;

import dev.sidecar.peers.NotConfigured;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.postgres.Session;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.sets.BackupFailure;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Looks at the rights of the role that takes backups, then tries as that role to get more. */
final class BackupRoleProof implements Proof {

    private static final String FORBIDDEN = "42501";

    /** Rights beyond reading, its own and those of roles that it can become; for a superuser all others follow from the first. */
    private static final String POWERS = """
            SELECT format('%s %s', CASE WHEN p.rolname = current_user THEN 'it' ELSE format('its group %I', p.rolname) END, power)
            FROM pg_roles p, LATERAL (VALUES
              (1, p.rolsuper, 'is a superuser'),
              (2, p.rolcreaterole, 'may create roles'),
              (3, p.rolreplication, 'may replicate'),
              (4, p.rolname ~ '^pg_' AND p.rolname NOT IN ('pg_read_all_data', 'pg_read_all_settings', 'pg_read_all_stats',
                    'pg_stat_scan_tables', 'pg_monitor', 'pg_database_owner', 'pg_use_reserved_connections', 'pg_signal_backend', 'pg_checkpoint'),
                  'has rights beyond reading')) AS powers(number, is_there, power)
            WHERE is_there AND (number = 1 OR NOT p.rolsuper)
              AND (p.rolname = current_user
                OR current_setting('is_superuser') = 'off' AND pg_has_role(current_user, p.oid, 'MEMBER'))
            ORDER BY p.rolname <> current_user, p.rolname, number
            """;

    private static final String PARAMETERS = """
            SELECT format('it may set the parameter %s', parname) FROM pg_parameter_acl
            WHERE has_parameter_privilege(current_user, parname, 'ALTER SYSTEM')
              AND current_setting('is_superuser') = 'off'
              OR has_parameter_privilege(current_user, parname, 'SET') AND current_setting('is_superuser') = 'off'
                AND parname IN ('session_preload_libraries', 'dynamic_library_path', 'extension_control_path',
                                'allow_system_table_mods', 'jit_provider')
            ORDER BY parname
            """;

    private static final String HAS_PARAMETER_ACL = "SELECT to_regclass('pg_parameter_acl') IS NOT NULL";

    private final Postgres postgres;

    BackupRoleProof(Postgres postgres) {
        this.postgres = postgres;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "SEC-9",
                Area.SECURITY,
                "The role that takes backups can neither become superuser nor run a program or write a file on the server.",
                Duration.ofHours(6));
    }

    @Override
    public Finding prove() {
        if (!postgres.isConfigured()) {
            throw new NotConfigured("No backups: set sidecar.backup.server.host.");
        }
        try (Session session = postgres.address().connectToMaintenance("sidecar [DRILL]")) {
            String role = session.text("SELECT quote_ident(current_user)");
            List<String> powers = powers(session);
            if (powers.isEmpty()) {
                powers = won(session, role);
            }
            String restorer = postgres.nameOfAdministrator();
            String restores = restorer.equals(postgres.address().user())
                    ? "No other role restores: set sidecar.backup.restore.user."
                    : "Role %s restores.".formatted(restorer);
            return powers.isEmpty()
                    ? Finding.held(
                            "Role %s takes backups. It was refused when it tried to become superuser, to log in as one, to run a program, to"
                                    + " write a file and to change the catalogue. %s",
                            role, restores)
                    : Finding.broken(
                                    "Role %s takes backups, and %s. Backups work; run postgres/backup-role.sql for it, or leave this proof out"
                                            + " with your reason (sidecar.proofs.without).",
                                    role, Finding.list(powers))
                            .with(powers);
        } catch (SQLException | BackupFailure e) {
            return Finding.inconclusive("Cannot check the role that takes backups: %s", String.valueOf(e.getMessage()));
        }
    }

    private static List<String> powers(Session session) throws SQLException {
        List<String> powers = new ArrayList<>(session.texts(POWERS));
        if (session.text(HAS_PARAMETER_ACL).equals("t")) {
            powers.addAll(session.texts(PARAMETERS));
        }
        return powers;
    }

    /** Tries what a superuser may. What succeeds is taken back, and harms nothing. @return what succeeded, each in words */
    private static List<String> won(Session session, String role) throws SQLException {
        Map<String, String> attempts = new LinkedHashMap<>();
        attempts.put("ALTER ROLE " + role + " SUPERUSER", "it can make itself a superuser");
        attempts.put(
                "SET LOCAL SESSION AUTHORIZATION "
                        + session.text("SELECT quote_ident(rolname) FROM pg_roles WHERE oid = 10"),
                "it can become the superuser");
        attempts.put("COPY (SELECT 1) TO PROGRAM 'true'", "it can run programs on the server");
        attempts.put("SELECT lo_export(0, '/dev/null')", "it can write files of the server");
        attempts.put("UPDATE pg_authid SET rolsuper = true WHERE false", "it can change the catalogue");
        List<String> won = new ArrayList<>();
        for (Map.Entry<String, String> attempt : attempts.entrySet()) {
            if (!isRefused(session, attempt.getKey())) {
                won.add(attempt.getValue());
            }
        }
        return won;
    }

    private static boolean isRefused(Session session, String attempt) throws SQLException {
        try {
            session.together(() -> {
                session.execute(attempt);
                throw new TakenBack();
            });
            return false;
        } catch (TakenBack e) {
            return false;
        } catch (SQLException e) {
            if (e.getSQLState() == null || e.getSQLState().startsWith("08")) {
                throw e;
            }
            return FORBIDDEN.equals(e.getSQLState());
        }
    }

    /** Ends a transaction so that nothing of it remains. */
    private static final class TakenBack extends RuntimeException {

        private static final long serialVersionUID = 1;
    }
}
