package dev.sidecar.panels;

import static dev.sidecar.panels.Panel.lines;
import static dev.sidecar.panels.Panel.stat;
import static dev.sidecar.panels.Panel.table;
import static dev.sidecar.panels.Panel.timeSeries;
import static dev.sidecar.panels.Panel.timeline;

/** Is the sidecar itself well? Its JVM (or that of the API), its jobs, its hop. */
final class SidecarDashboard {

    private static final String JVM = "HERE,service=~\"$service\"";

    private SidecarDashboard() {}

    static Dashboard dashboard() {
        Dashboard page = new Dashboard(
                "sidecar", "09 Sidecar and JVM", "Is the sidecar itself well, and what does its hop cost?");
        page.variable("service", "Service", "label_values(jvm_info{stack=~\"$stack\"}, service)");
        now(page);
        jvm(page);
        jobs(page);
        page.row("Lines");
        page.panel(lines(
                "Warnings and errors of the sidecar",
                "Lines of the sidecar from level warn on.",
                "{HERE,service=\"sidecar\",level=~\"warn|error|fatal\"}"));
        return page;
    }

    private static void now(Dashboard page) {
        page.row("Now");
        page.panel(stat("Up for", "Time since the start of the JVM.")
                .unit("s")
                .query("{{service}}", "min by (service) (process_uptime_seconds{" + JVM + "})"));
        page.panel(stat("CPU", "Share of one core.")
                .unit("percentunit")
                .worseAbove(0.5, 0.9)
                .query(
                        "{{service}}",
                        "sum by (service) (rate(process_cpu_time_ns_total{" + JVM + "}[$__rate_interval])) / 1e9"));
        page.panel(stat("Heap", "Share of the greatest heap in use.")
                .unit("percentunit")
                .worseAbove(0.8, 0.9)
                .query(
                        "{{service}}",
                        "sum by (service) (jvm_memory_used_bytes{" + JVM
                                + ",area=\"heap\"}) / sum by (service) (jvm_memory_max_bytes{" + JVM
                                + ",area=\"heap\"} > 0)"));
        page.panel(stat("Threads", "Live threads.")
                .query("{{service}}", "sum by (service) (jvm_threads_live_threads{" + JVM + "})"));
        page.panel(
                stat("What the hop costs", "Median time a request spends in the gateway beyond waiting for the API.")
                        .unit("s")
                        .worseAbove(0.005, 0.02)
                        .query(
                                "",
                                "(histogram_quantile(0.5, sum by (le) (rate(sidecar_gateway_requests_seconds_bucket{HERE}[$__rate_interval]))) >= 0) - (histogram_quantile(0.5, sum by (le) (rate(sidecar_gateway_upstream_seconds_bucket{HERE}[$__rate_interval]))) >= 0)"));
        page.panel(
                stat(
                                "Failed jobs",
                                "Job runs of the chosen time that failed. What a drill found broken is told by its proof.")
                        .decimals(0)
                        .worseAbove(1, 3)
                        .query(
                                "",
                                "sum(increase(sidecar_job_runs_total{HERE,outcome=\"failure\",job_name!~\"proof-.*\"}[$__range])) or vector(0)"));
    }

    private static void jvm(Dashboard page) {
        page.row("JVM");
        page.panel(timeSeries("Memory", "In use, by area.")
                .unit("bytes")
                .stacked()
                .query("{{service}} {{area}}", "sum by (service, area) (jvm_memory_used_bytes{" + JVM + "})"));
        page.panel(timeSeries("Garbage collection", "Share of the time in which the program stood still for it.")
                .unit("percentunit")
                .fromZero()
                .worseAbove(0.05, 0.1)
                .query(
                        "{{service}}",
                        "sum by (service) (rate(jvm_gc_pause_seconds_sum{" + JVM + "}[$__rate_interval]))"));
        page.panel(timeSeries("Threads by state", "Many blocked threads mean a lock that everybody wants.")
                .stacked()
                .query(
                        "{{service}} {{state}}",
                        "sum by (service, state) (jvm_threads_states_threads{" + JVM + "} > 0)"));
        page.panel(
                timeSeries("Control plane", "Requests a second to the console, the API and the hooks.")
                        .unit("reqps")
                        .fromZero()
                        .query(
                                "{{route}}",
                                "topk(10, sum by (route) (rate(sidecar_control_requests_seconds_count{HERE}[$__rate_interval])))"));
        page.panel(
                timeSeries("Time in the gateway", "95th percentile of the whole request, and of waiting for the API.")
                        .unit("s")
                        .fromZero()
                        .query(
                                "whole request",
                                "histogram_quantile(0.95, sum by (le) (rate(sidecar_gateway_requests_seconds_bucket{HERE}[$__rate_interval]))) >= 0")
                        .query(
                                "waiting for the API",
                                "histogram_quantile(0.95, sum by (le) (rate(sidecar_gateway_upstream_seconds_bucket{HERE}[$__rate_interval]))) >= 0"));
        page.panel(timeSeries("Lines that wait", "Log lines in the sidecar's bounded buffers, by where they go.")
                .fromZero()
                .query("{{output}}", "sum by (output) (sidecar_log_lines_waiting{HERE})"));
    }

    private static void jobs(Dashboard page) {
        page.row("Jobs");
        page.panel(timeline("Running", "When each job ran. Drills of proofs are left out.")
                .states("runs", "blue", "waits", "transparent")
                .size(12, 9)
                .query("{{job_name}}", "max by (job_name) (sidecar_job_running{HERE,job_name!~\"proof-.*\"})"));
        page.panel(table("Last success", "Time since each job last succeeded.")
                .nothing("no job has succeeded yet")
                .now("", "time() - max by (job_name) (sidecar_job_last_success_timestamp_seconds{HERE} > 0)")
                .tidy("Ago", "s"));
        page.panel(timeSeries("Duration", "Of the last run of each job. Drills of proofs are left out.")
                .unit("s")
                .fromZero()
                .size(12, 8)
                .query(
                        "{{job_name}}",
                        "max by (job_name) (sidecar_job_duration_seconds{HERE,job_name!~\"proof-.*\"})"));
        page.panel(timeSeries("Runs", "An hour, by outcome.")
                .fromZero()
                .size(12, 8)
                .query(
                        "{{outcome}}",
                        "sum by (outcome) (rate(sidecar_job_runs_total{HERE}[$__rate_interval])) * 3600"));
    }
}
