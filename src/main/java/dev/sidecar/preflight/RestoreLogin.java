package dev.sidecar.preflight;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Names the role that restores into PostgreSQL, another than the one that takes backups. The stack's own server has it; on a server of
 * yours it is whom you name. The setting is a file of the sidecar, so that its environment can name another.
 */
final class RestoreLogin implements Step {

    private static final String SUBJECT = "restores into PostgreSQL";

    private final Settings settings;
    private final Path file;

    RestoreLogin(Settings settings, Path sidecar) {
        this.settings = settings;
        this.file = sidecar.resolve("settings").resolve("sidecar.backup.restore.user");
    }

    @Override
    public void prepare(Plan plan) {
        boolean ours = settings.get("POSTGRES_HOST", "postgres").equals("postgres");
        Optional<String> role =
                settings.get("POSTGRES_RESTORE_USER").or(() -> ours ? Optional.of("restore") : Optional.empty());
        if (role.isPresent()) {
            plan.write(file, role.get());
            plan.found(ReportLine.on(SUBJECT, "by role " + role.get()));
        } else {
            plan.remove(file);
            plan.found(ReportLine.off(
                    SUBJECT,
                    "no role of their own: POSTGRES_RESTORE_USER is not set, so the role of backups restores"));
        }
    }
}
