package dev.sidecar.panels;

import static dev.sidecar.panels.Panel.bars;
import static dev.sidecar.panels.Panel.lines;
import static dev.sidecar.panels.Panel.stat;
import static dev.sidecar.panels.Panel.table;
import static dev.sidecar.panels.Panel.timeSeries;
import static dev.sidecar.panels.Panel.timeline;

/** If the database were gone now: what would we get back, how old, and how fast? */
final class BackupsDashboard {

    private BackupsDashboard() {}

    static Dashboard dashboard() {
        Dashboard page = new Dashboard(
                "backups",
                "07 Backups and restores",
                "If the database were gone now: what would we get back, how old, and how fast?");
        now(page);
        proofs(page);
        figures(page);
        pitr(page);
        page.row("Lines");
        page.panel(lines(
                "What the backup said",
                "Lines of the sidecar about backups, newest first.",
                "{HERE,service=\"sidecar\"} |~ \"(?i)backup|restore|verif|expire\""));
        return page;
    }

    private static void now(Dashboard page) {
        page.row("Now");
        page.panel(stat("Age of the newest", "Time since the newest backup, of the database where it is oldest.")
                .unit("s")
                .worseAbove(90_000, 93_600)
                .never("none yet")
                .worstIfNothing("unknown")
                .query("", "max(time() - max by (database) (sidecar_backup_last_success_timestamp_seconds{HERE}))"));
        page.panel(
                stat("Age of the newest restored", "Time since the newest backup that was restored and compared (L4).")
                        .unit("s")
                        .worseAbove(93_600, 172_800)
                        .never("none yet")
                        .worstIfNothing("unknown")
                        .query(
                                "",
                                "max(time() - max by (database) (sidecar_backup_last_verified_timestamp_seconds{HERE,level=\"L4\"}))"));
        page.panel(stat("Time to restore", "The longest measured restore (RTO as measured).")
                .unit("s")
                .nothing("none yet")
                .query("", "max(sidecar_backup_restore_seconds{HERE})"));
        page.panel(stat("Last run", "Whether the last backup of every database succeeded.")
                .states("good", "failed")
                .nothing("none yet")
                .query("", "min(sidecar_backup_last_run_success{HERE})"));
        page.panel(stat("Suspect", "Whether a newest backup looks wrong: far smaller than those before it.")
                .states("yes", "red", "no", "green")
                .nothing("none yet")
                .query("", "max(sidecar_backup_suspect{HERE})"));
        page.panel(stat("Next", "Time until the next backup.")
                .unit("s")
                .query("", "min(sidecar_backup_next_slot_timestamp_seconds{HERE} > time()) - time()"));
    }

    private static void proofs(Dashboard page) {
        page.row("Proven");
        page.panel(
                bars(
                                "Age of the proof by level",
                                "How long ago a backup was last proven: L0 complete, L1 checksum, L2 decoded, L3 restored, L4 restored and equal.")
                        .unit("s")
                        .fromZero()
                        .worseAbove(93_600, 691_200)
                        .size(8, 9)
                        .nothing("nothing verified yet")
                        .now(
                                "{{database}} {{level}}",
                                "time() - max by (database, level) (sidecar_backup_last_verified_timestamp_seconds{HERE} > 0)"));
        page.panel(timeSeries("Objectives and what was measured", "Longest measured restore against the RTO.")
                .unit("s")
                .fromZero()
                .size(8, 9)
                .query("measured: {{database}}", "max by (database) (sidecar_backup_restore_seconds{HERE})")
                .query("RTO", "max(sidecar_backup_rto_seconds{HERE})"));
        page.panel(timeSeries(
                        "Age of the newest backup",
                        "A saw tooth: it falls to zero at every backup and must stay below the RPO.")
                .unit("s")
                .fromZero()
                .size(8, 9)
                .query(
                        "{{database}}",
                        "time() - max by (database) (sidecar_backup_last_success_timestamp_seconds{HERE} > 0)")
                .query("RPO", "max(sidecar_backup_rpo_seconds{HERE})"));
        page.panel(
                timeline("Jobs", "When backups, verifications and clean-ups ran.")
                        .states("runs", "blue", "waits", "transparent")
                        .size(24, 6)
                        .query(
                                "{{job_name}}",
                                "max by (job_name) (sidecar_job_running{HERE,job_name=~\".*(backup|verif|restore|expire|daily|weekly|pitr).*\"})"));
    }

    private static void figures(Dashboard page) {
        page.row("Figures");
        page.panel(timeSeries("Size", "Of the newest backup as stored, and of the dump inside it.")
                .unit("bytes")
                .fromZero()
                .query("{{database}} stored", "max by (database) (sidecar_backup_size_bytes{HERE})")
                .query("{{database}} dump", "max by (database) (sidecar_backup_dump_bytes{HERE})"));
        page.panel(timeSeries(
                        "Room",
                        "What is left in each store that has a limit. A run without room for 1.2 times its last is refused.")
                .unit("bytes")
                .fromZero()
                .query("{{store}}", "min by (store) (sidecar_backup_free_bytes{HERE})"));
        page.panel(timeSeries("Duration", "How long the newest backup took.")
                .unit("s")
                .fromZero()
                .query(
                        "{{database}} {{generation}}",
                        "max by (database, generation) (sidecar_backup_duration_seconds{HERE})"));
        page.panel(timeSeries("Kept", "Backups on the shelf.")
                .fromZero()
                .query("{{database}} {{generation}}", "max by (database, generation) (sidecar_backup_kept{HERE})"));
        page.panel(stat("Compression", "Bytes of the dump for one stored byte.")
                .decimals(1)
                .size(8, 6)
                .nothing("none yet")
                .query("{{database}}", "max by (database) (sidecar_backup_compression_ratio{HERE})"));
        page.panel(
                stat("Failures", "Failed backups of the chosen time, by reason.")
                        .decimals(0)
                        .worseAbove(1, 2)
                        .named()
                        .size(8, 6)
                        .now(
                                "{{reason}}",
                                "sum by (reason) (increase(sidecar_backup_failures_total{HERE}[$__range])) > 0.5 or on() vector(0)"));
        page.panel(table("Runs of the jobs", "How often each job ran since the start, and how it ended.")
                .size(24, 6)
                .now("", "sum by (job_name, outcome) (sidecar_job_runs_total{HERE})")
                .tidy("Runs", "none"));
    }

    private static void pitr(Dashboard page) {
        page.row("Point-in-time recovery");
        page.panel(
                stat("Moments", "Length of the time to each moment of which a recovery is possible without a gap.")
                        .unit("s")
                        .nothing("off")
                        .query(
                                "",
                                "max(sidecar_pitr_window_end_timestamp_seconds{HERE}) - max(sidecar_pitr_window_start_timestamp_seconds{HERE})"));
        page.panel(stat("Gaps", "Gaps in the archived WAL.")
                .decimals(0)
                .worseAbove(1, 1)
                .nothing("off")
                .query("", "max(sidecar_pitr_gaps{HERE})"));
        page.panel(stat(
                        "Last recovery proven",
                        "Time since a drill last held: what was written before a moment was there, what was written after it was not.")
                .unit("s")
                .worseAbove(90_000, 93_600)
                .never("none yet")
                .nothing("off")
                .query("", "time() - max(sidecar_pitr_drill_success_timestamp_seconds{HERE})"));
        page.panel(timeSeries(
                        "Age of the newest WAL",
                        "What would be lost if the database were gone now; it must stay below the RPO.")
                .unit("s")
                .fromZero()
                .size(8, 9)
                .nothing("off")
                .query("age", "time() - max(sidecar_pitr_archived_timestamp_seconds{HERE} > 0)")
                .query("RPO", "max(sidecar_pitr_limit_seconds{HERE,of=\"rpo\"})"));
        page.panel(timeSeries(
                        "Age of the newest set",
                        "By type. A recovery replays the WAL since the set that it begins with.")
                .unit("s")
                .fromZero()
                .size(8, 9)
                .nothing("off")
                .query("{{type}}", "time() - max by (type) (sidecar_pitr_set_timestamp_seconds{HERE} > 0)"));
        page.panel(timeSeries("Failed pushes", "Failures of archiving WAL since it last succeeded.")
                .fromZero()
                .size(8, 9)
                .nothing("off")
                .query("failures", "max(sidecar_pitr_archive_failures{HERE})"));
        page.panel(timeSeries("Repository", "Sets and WAL, and what is left on a disk.")
                .unit("bytes")
                .fromZero()
                .nothing("off")
                .query("sets and WAL", "max(sidecar_pitr_repository_bytes{HERE})")
                .query("left", "max(sidecar_pitr_repository_free_bytes{HERE} >= 0)"));
        page.panel(timeSeries("Size of pg_wal", "WAL that PostgreSQL keeps: it grows while archiving fails.")
                .unit("bytes")
                .fromZero()
                .nothing("off")
                .query("pg_wal", "max(sidecar_pitr_wal_bytes{HERE})"));
        page.panel(timeSeries(
                        "Recoveries",
                        "What the last drill measured: age of the newest WAL, and time of the recovery against the RTO.")
                .unit("s")
                .fromZero()
                .nothing("off")
                .query("measured RPO", "max(sidecar_pitr_drill_rpo_seconds{HERE})")
                .query("measured RTO", "max(sidecar_pitr_drill_rto_seconds{HERE})")
                .query("RTO", "max(sidecar_pitr_limit_seconds{HERE,of=\"rto\"})"));
    }
}
