package dev.sidecar.panels;

import static dev.sidecar.panels.Panel.gauge;
import static dev.sidecar.panels.Panel.lines;
import static dev.sidecar.panels.Panel.stat;
import static dev.sidecar.panels.Panel.timeSeries;

/** Is the cache a cache: does it answer, hit, and stay within its memory? */
final class RedisDashboard {

    private RedisDashboard() {}

    static Dashboard dashboard() {
        Dashboard page = new Dashboard("redis", "04 Redis", "Does the cache answer, hit, and stay within its memory?");
        now(page);
        work(page);
        memory(page);
        page.row("Lines");
        page.panel(lines("Lines of Redis", "What Redis itself says.", "{HERE,service=\"redis\"}")
                .size(24, 7));
        return page;
    }

    private static void now(Dashboard page) {
        page.row("Now");
        page.panel(stat("Reachable", "Whether the exporter can ask Redis.")
                .states("yes", "no")
                .query("", "min(redis_up{HERE})"));
        page.panel(stat("Hit ratio", "Share of reads that found their key.")
                .unit("percentunit")
                .decimals(1)
                .worseBelow(0.5, 0.8)
                .nothing("no reads")
                .query("", """
                        sum(rate(redis_keyspace_hits_total{HERE}[$__rate_interval]))
                        / (sum(rate(redis_keyspace_hits_total{HERE}[$__rate_interval])) + sum(rate(redis_keyspace_misses_total{HERE}[$__rate_interval])) > 0)"""));
        page.panel(gauge("Memory", "Share of maxmemory in use. Empty if there is no limit.")
                .unit("percentunit")
                .range(0, 1)
                .worseAbove(0.7, 0.85)
                .size(4, 4)
                .nothing("no limit")
                .query("", "max(redis_memory_used_bytes{HERE} / (redis_memory_max_bytes{HERE} > 0))"));
        page.panel(stat("Clients", "Open connections.").query("", "sum(redis_connected_clients{HERE})"));
        page.panel(
                stat("Refused", "Connections refused and logins denied in the chosen time.")
                        .decimals(0)
                        .worseAbove(1, 10)
                        .query(
                                "",
                                "sum(increase(redis_rejected_connections_total{HERE}[$__range])) + sum(increase(redis_acl_access_denied_auth_total{HERE}[$__range]))"));
        page.panel(stat("Up for", "Time since the start.").unit("s").query("", "min(redis_uptime_in_seconds{HERE})"));
    }

    private static void work(Dashboard page) {
        page.row("Work");
        page.panel(timeSeries("Commands", "Commands a second, by command.")
                .unit("ops")
                .stacked()
                .query("{{cmd}}", "topk(10, sum by (cmd) (rate(redis_commands_total{HERE}[$__rate_interval])))"));
        page.panel(
                timeSeries("Time of one command", "Average duration on the server, by command, ten slowest.")
                        .unit("s")
                        .fromZero()
                        .query(
                                "{{cmd}}",
                                "topk(10, sum by (cmd) (rate(redis_commands_duration_seconds_total{HERE}[$__rate_interval])) / (sum by (cmd) (rate(redis_commands_total{HERE}[$__rate_interval])) > 0))"));
        page.panel(timeSeries("Hits and misses", "Reads a second that found their key, and that did not.")
                .unit("ops")
                .stacked()
                .query("hits", "sum(rate(redis_keyspace_hits_total{HERE}[$__rate_interval]))")
                .query("misses", "sum(rate(redis_keyspace_misses_total{HERE}[$__rate_interval]))"));
        page.panel(timeSeries("Network", "Bytes a second.")
                .unit("Bps")
                .fromZero()
                .query("in", "sum(rate(redis_net_input_bytes_total{HERE}[$__rate_interval]))")
                .query("out", "sum(rate(redis_net_output_bytes_total{HERE}[$__rate_interval]))"));
        page.panel(timeSeries("Clients over time", "Connected, and waiting in a blocking command.")
                .fromZero()
                .query("connected", "sum(redis_connected_clients{HERE})")
                .query("blocked", "sum(redis_blocked_clients{HERE})"));
        page.panel(timeSeries("CPU", "Share of one core.")
                .unit("percentunit")
                .fromZero()
                .query("system", "sum(rate(redis_cpu_sys_seconds_total{HERE}[$__rate_interval]))")
                .query("user", "sum(rate(redis_cpu_user_seconds_total{HERE}[$__rate_interval]))"));
    }

    private static void memory(Dashboard page) {
        page.row("Memory and keys");
        page.panel(timeSeries("Memory in bytes", "Used by data, taken from the system, and the limit.")
                .unit("bytes")
                .fromZero()
                .query("used", "sum(redis_memory_used_bytes{HERE})")
                .query("resident", "sum(redis_memory_used_rss_bytes{HERE})")
                .query("limit", "sum(redis_memory_max_bytes{HERE}) > 0"));
        page.panel(timeSeries("Keys", "By database, and how many of them expire.")
                .fromZero()
                .query("{{db}}", "sum by (db) (redis_db_keys{HERE})")
                .query("{{db}} expiring", "sum by (db) (redis_db_keys_expiring{HERE})"));
        page.panel(timeSeries(
                        "Evicted and expired",
                        "Keys a second that had to go for want of memory, and that had their time.")
                .unit("ops")
                .fromZero()
                .query("evicted", "sum(rate(redis_evicted_keys_total{HERE}[$__rate_interval]))")
                .query("expired", "sum(rate(redis_expired_keys_total{HERE}[$__rate_interval]))"));
    }
}
