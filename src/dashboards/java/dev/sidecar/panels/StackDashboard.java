package dev.sidecar.panels;

import static dev.sidecar.panels.Panel.bars;
import static dev.sidecar.panels.Panel.lines;
import static dev.sidecar.panels.Panel.stat;
import static dev.sidecar.panels.Panel.timeSeries;
import static dev.sidecar.panels.Panel.timeline;

/** What does watching cost, and who watches the watchers? */
final class StackDashboard {

    private static final String WATCHERS = "role=~\"infra|exporter\"";

    private StackDashboard() {}

    static Dashboard dashboard() {
        Dashboard page = new Dashboard(
                "stack", "10 The cost of watching", "What does watching cost, and who watches the watchers?");
        now(page);
        cost(page);
        prometheus(page);
        loki(page);
        page.row("Lines");
        page.panel(lines(
                "Warnings of the watchers",
                "Lines of Prometheus, Alertmanager, Loki, Alloy and Grafana from level warn on.",
                "{HERE,service=~\"prometheus|alertmanager|loki|alloy|grafana\",level=~\"warn|error|fatal\"}"));
        return page;
    }

    private static void now(Dashboard page) {
        page.row("Now");
        page.panel(stat("Memory", "Of all parts that watch, together.")
                .unit("bytes")
                .worseAbove(800_000_000D, 1_200_000_000D)
                .query("", "sum(process_resident_memory_bytes{HERE," + WATCHERS + "})"));
        page.panel(stat("CPU", "Cores that watching takes.")
                .decimals(2)
                .worseAbove(0.5, 1)
                .query("", "sum(rate(process_cpu_seconds_total{HERE," + WATCHERS + "}[$__rate_interval]))"));
        page.panel(stat("Series", "Time series in Prometheus.")
                .worseAbove(50_000, 200_000)
                .query("", "sum(prometheus_tsdb_head_series{HERE})"));
        page.panel(stat("Samples", "Figures taken in, a second.")
                .query("", "sum(rate(prometheus_tsdb_head_samples_appended_total{HERE}[$__rate_interval]))"));
        page.panel(
                stat("Metrics on disk", "Blocks of Prometheus.")
                        .unit("bytes")
                        .query(
                                "",
                                "sum(prometheus_tsdb_storage_blocks_bytes{HERE}) + sum(prometheus_tsdb_wal_storage_size_bytes{HERE})"));
        page.panel(stat("Targets down", "Targets that do not answer.")
                .worseAbove(1, 3)
                .query("", "sum(up{HERE} == bool 0)"));
    }

    private static void cost(Dashboard page) {
        page.row("Cost");
        page.panel(timeSeries("Memory by part", "Resident memory.")
                .unit("bytes")
                .stacked()
                .size(12, 9)
                .query("{{job}}", "sum by (job) (process_resident_memory_bytes{HERE," + WATCHERS + "})"));
        page.panel(timeSeries("CPU by part", "Share of one core.")
                .unit("percentunit")
                .stacked()
                .size(12, 9)
                .query(
                        "{{job}}",
                        "sum by (job) (rate(process_cpu_seconds_total{HERE," + WATCHERS + "}[$__rate_interval]))"));
        page.panel(timeline("Targets", "Whether each part answered Prometheus.")
                .states("up", "down")
                .size(24, 9)
                .query("{{job}}", "min by (job) (up{HERE})"));
    }

    private static void prometheus(Dashboard page) {
        page.row("Prometheus");
        page.panel(bars(
                        "Where the series come from",
                        "Series of the last scrape, by job. A job that grows without end has a label that is not bounded.")
                .worseAbove(10_000, 50_000)
                .now("{{job}}", "topk(15, sum by (job) (scrape_samples_post_metric_relabeling{HERE}))"));
        page.panel(timeSeries("Scrape duration", "By job; the scrape interval is 15 s.")
                .unit("s")
                .fromZero()
                .worseAbove(5, 10)
                .query("{{job}}", "max by (job) (scrape_duration_seconds{HERE})"));
        page.panel(timeSeries("Series in memory", "In the newest block, and how fast new ones are made.")
                .fromZero()
                .query("series", "sum(prometheus_tsdb_head_series{HERE})")
                .query(
                        "new an hour",
                        "sum(rate(prometheus_tsdb_head_series_created_total{HERE}[$__rate_interval])) * 3600"));
    }

    private static void loki(Dashboard page) {
        page.row("Loki and Alloy");
        page.panel(timeSeries("Taken in", "Bytes of log lines a second.")
                .unit("Bps")
                .fromZero()
                .query("Loki", "sum(rate(loki_distributor_bytes_received_total{HERE}[$__rate_interval]))"));
        page.panel(
                timeSeries("Answer time of Loki", "95th percentile by kind of request.")
                        .unit("s")
                        .fromZero()
                        .query(
                                "{{route}}",
                                "histogram_quantile(0.95, sum by (route, le) (rate(loki_request_duration_seconds_bucket{HERE,route=~\"loki_api_v1_push|loki_api_v1_query_range|loki_api_v1_query\"}[$__rate_interval]))) >= 0"));
        page.panel(timeSeries("Streams and chunks", "What Loki holds in memory.")
                .fromZero()
                .query("streams", "sum(loki_ingester_memory_streams{HERE})")
                .query("chunks", "sum(loki_ingester_memory_chunks{HERE})"));
        page.panel(timeSeries(
                        "Files read by Alloy",
                        "Files that are open, and lines a second from files and from the journal.")
                .fromZero()
                .query("files", "sum(loki_source_file_files_active_total{HERE})")
                .query("lines from files", "sum(rate(loki_source_file_read_lines_total{HERE}[$__rate_interval]))")
                .query(
                        "lines from the journal",
                        "sum(rate(loki_source_journal_target_lines_total{HERE}[$__rate_interval]))"));
        page.panel(timeline("Components of Alloy", "How many of its components are in which state.")
                .query(
                        "{{health_type}}",
                        "sum by (health_type) (alloy_component_controller_running_components{HERE})"));
        page.panel(
                stat("Last deletion run", "Time since Loki last looked for lines that are older than 30 days.")
                        .unit("s")
                        .worseAbove(3600, 86_400)
                        .size(8, 8)
                        .query(
                                "",
                                "time() - max(loki_compactor_apply_retention_last_successful_run_timestamp_seconds{HERE} > 0)"));
    }
}
