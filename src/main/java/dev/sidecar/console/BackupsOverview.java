package dev.sidecar.console;

import dev.sidecar.backup.BackupTasks;
import dev.sidecar.backup.Backups;
import dev.sidecar.backup.Decision;
import dev.sidecar.backup.Expiration;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Collects what the backups page shows. */
final class BackupsOverview {

    private static final int TASKS_SHOWN = 6;

    private final Backups backups;
    private final BackupTasks tasks;
    private final Expiration expire;
    private final Clock clock;

    BackupsOverview(Backups backups, BackupTasks tasks, Expiration expire, Clock clock) {
        this.backups = backups;
        this.tasks = tasks;
        this.expire = expire;
        this.clock = clock;
    }

    BackupsPage now() {
        if (!backups.hasServer()) {
            return BackupsPage.off("Backups are off: set sidecar.backup.server.host to your PostgreSQL server.");
        }
        Instant now = clock.instant();
        try {
            Map<String, Decision> decisions = new HashMap<>();
            expire.decide().forEach(decision -> decisions.put(key(decision.backup()), decision));
            List<BackupsPage.Row> rows = backups.list().stream()
                    .map(backup -> BackupsPage.Row.of(backup, decisions.get(key(backup)), now))
                    .toList();
            List<BackupsPage.TaskRow> shown = tasks.list().stream()
                    .limit(TASKS_SHOWN)
                    .map(task -> BackupsPage.TaskRow.of(task, now))
                    .toList();
            List<String> gone =
                    backups.gone().stream().map(Backups.Gone::sentence).toList();
            return new BackupsPage(null, databases(rows), rows, shown, backups.refused(), gone);
        } catch (BackupFailure e) {
            return BackupsPage.off(e.getMessage());
        }
    }

    private static String key(Backup backup) {
        return backup.id() + " " + backup.store();
    }

    private List<String> databases(List<BackupsPage.Row> rows) {
        try {
            return backups.databases();
        } catch (BackupFailure e) {
            // The list of stored backups is needed most while the server is down.
            return rows.stream()
                    .map(row -> row.backup().id().database())
                    .distinct()
                    .toList();
        }
    }
}
