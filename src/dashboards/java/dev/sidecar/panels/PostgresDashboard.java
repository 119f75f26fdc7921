package dev.sidecar.panels;

import static dev.sidecar.panels.Panel.gauge;
import static dev.sidecar.panels.Panel.lines;
import static dev.sidecar.panels.Panel.stat;
import static dev.sidecar.panels.Panel.table;
import static dev.sidecar.panels.Panel.timeSeries;

/** Is the database keeping up, and which statement costs the most? */
final class PostgresDashboard {

    private static final String OURS = "datname!~\"template.*|postgres|\"";

    private PostgresDashboard() {}

    static Dashboard dashboard() {
        Dashboard page =
                new Dashboard("postgres", "03 PostgreSQL", "Is the database keeping up, and what costs the most?");
        now(page);
        work(page);
        statements(page);
        upkeep(page);
        page.row("Lines");
        page.panel(lines(
                "Slow statements and errors",
                "Statements slower than log_min_duration_statement, and everything above info.",
                "{HERE,service=\"postgres\"} |~ \"duration: |ERROR|FATAL|PANIC|WARNING\""));
        return page;
    }

    private static void now(Dashboard page) {
        page.row("Now");
        page.panel(stat("Reachable", "Whether the exporter can ask the database.")
                .states("yes", "no")
                .query("", "min(pg_up{HERE})"));
        page.panel(stat(
                        "Longest transaction",
                        "Age of the oldest open transaction; backups are left out. A long one keeps dead rows from being cleaned up.")
                .unit("s")
                .worseAbove(60, 300)
                .query("", "max(pg_stat_activity_max_tx_duration{HERE,client!~\"pg_dump|pg_restore|sidecar.*\"})"));
        page.panel(gauge("Connections", "Share of max_connections in use.")
                .unit("percentunit")
                .range(0, 1)
                .worseAbove(0.7, 0.85)
                .size(4, 4)
                .query("", "sum(pg_stat_database_numbackends{HERE}) / max(pg_settings_max_connections{HERE})"));
        page.panel(stat("Cache hits", "Share of block reads answered from shared buffers.")
                .unit("percentunit")
                .decimals(1)
                .worseBelow(0.9, 0.95)
                .query("", hitRatio("")));
        page.panel(
                stat("Size", "All databases together.").unit("bytes").query("", "sum(pg_database_size_bytes{HERE})"));
        page.panel(stat("Deadlocks", "In the chosen time.")
                .decimals(0)
                .worseAbove(1, 5)
                .query("", "sum(increase(pg_stat_database_deadlocks{HERE}[$__range]))"));
    }

    private static void work(Dashboard page) {
        page.row("Work");
        page.panel(timeSeries("Statements", "Statements a second, from pg_stat_statements.")
                .unit("ops")
                .fromZero()
                .query(
                        "{{datname}}",
                        "sum by (datname) (rate(pg_stat_statements_calls_total{HERE}[$__rate_interval]))"));
        page.panel(timeSeries("Transactions", "Committed and rolled back, a second.")
                .unit("ops")
                .fromZero()
                .query(
                        "{{datname}} committed",
                        "sum by (datname) (rate(pg_stat_database_xact_commit{HERE," + OURS + "}[$__rate_interval]))")
                .query(
                        "{{datname}} rolled back",
                        "sum by (datname) (rate(pg_stat_database_xact_rollback{HERE," + OURS
                                + "}[$__rate_interval]))"));
        page.panel(timeSeries(
                        "Connections by state",
                        "What the sessions do. Many \"idle in transaction\" hold locks for nothing.")
                .stacked()
                .query("{{state}}", "sum by (state) (pg_stat_activity_count{HERE," + OURS + "} > 0)"));
        page.panel(timeSeries("Rows", "Rows a second: handed out, inserted, changed, deleted.")
                .unit("rowsps")
                .fromZero()
                .query("returned", "sum(rate(pg_stat_database_tup_returned{HERE," + OURS + "}[$__rate_interval]))")
                .query("inserted", "sum(rate(pg_stat_database_tup_inserted{HERE," + OURS + "}[$__rate_interval]))")
                .query("updated", "sum(rate(pg_stat_database_tup_updated{HERE," + OURS + "}[$__rate_interval]))")
                .query("deleted", "sum(rate(pg_stat_database_tup_deleted{HERE," + OURS + "}[$__rate_interval]))"));
        page.panel(timeSeries("Locks", "Locks held, by mode.")
                .stacked()
                .nothing("No locks")
                .query("{{mode}}", "sum by (mode) (pg_locks_count{HERE," + OURS + "})"));
        page.panel(timeSeries("Cache hit ratio", "Share of block reads answered from memory, by database.")
                .unit("percentunit")
                .range(0, 1)
                .worseBelow(0.9, 0.95)
                .query("{{datname}}", hitRatio("by (datname) ")));
    }

    private static void statements(Dashboard page) {
        page.row("Statements that cost the most");
        page.panel(table(
                        "By total time",
                        "Seconds of work a second, ten greatest of the chosen time. The query id leads to the text: SELECT query FROM pg_stat_statements WHERE queryid = …")
                .now(
                        "",
                        "topk(10, sum by (datname, user, queryid) (rate(pg_stat_statements_seconds_total{HERE}[$__range])))")
                .tidy("Busy", "percentunit"));
        page.panel(table("By time of one call", "Average duration of a call, ten greatest of the chosen time.")
                .now("", """
                        topk(10, sum by (datname, user, queryid) (rate(pg_stat_statements_seconds_total{HERE}[$__range]))
                        / (sum by (datname, user, queryid) (rate(pg_stat_statements_calls_total{HERE}[$__range])) > 0))""")
                .tidy("One call", "s"));
    }

    private static void upkeep(Dashboard page) {
        page.row("Upkeep");
        page.panel(timeSeries("Size by database", "Growth one wants to see before the disk does.")
                .unit("bytes")
                .query("{{datname}}", "max by (datname) (pg_database_size_bytes{HERE," + OURS + "})"));
        page.panel(timeSeries(
                        "Checkpoints",
                        "Checkpoints an hour: by the clock is good, on request means that max_wal_size is small.")
                .fromZero()
                .query("by the clock", "sum(rate(pg_stat_checkpointer_num_timed_total{HERE}[$__rate_interval])) * 3600")
                .query(
                        "on request",
                        "sum(rate(pg_stat_checkpointer_num_requested_total{HERE}[$__rate_interval])) * 3600"));
        page.panel(timeSeries(
                        "Spilled to disk",
                        "Bytes a second in temporary files: sorts and joins that did not fit into work_mem.")
                .unit("Bps")
                .fromZero()
                .query(
                        "{{datname}}",
                        "sum by (datname) (rate(pg_stat_database_temp_bytes{HERE," + OURS + "}[$__rate_interval]))"));
    }

    private static String hitRatio(String by) {
        return """
                sum %1$s(rate(pg_stat_database_blks_hit{HERE,%2$s}[$__rate_interval]))
                / (sum %1$s(rate(pg_stat_database_blks_hit{HERE,%2$s}[$__rate_interval])) + sum %1$s(rate(pg_stat_database_blks_read{HERE,%2$s}[$__rate_interval])) > 0)""".formatted(by, OURS);
    }
}
