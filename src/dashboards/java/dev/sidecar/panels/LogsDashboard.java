package dev.sidecar.panels;

import static dev.sidecar.panels.Panel.lines;
import static dev.sidecar.panels.Panel.stat;
import static dev.sidecar.panels.Panel.timeSeries;

/** Does every line arrive, and what do the lines say? */
final class LogsDashboard {

    private LogsDashboard() {}

    static Dashboard dashboard() {
        Dashboard page = new Dashboard("logs", "06 Logs", "Does every line arrive, and what do the lines say?");
        page.variable("service", "Service", "label_values(up{stack=~\"$stack\"}, service)");
        page.textBox("request_id", "Request id", "");
        now(page);
        volume(page);
        delivery(page);
        page.row("Lines");
        page.panel(lines(
                "All lines of one request",
                "Type or paste a request id at the top: the lines of nginx, the gateway, the API and the database that carry it. Ids made here hold their time (UUIDv7); with a window of a few minutes around it the search takes milliseconds.",
                "{HERE} |= \"$request_id\" | request_id=~\".+\""));
        page.panel(lines(
                "Errors",
                "Lines of level error and fatal of the chosen services.",
                "{HERE,service=~\"$service|system\",level=~\"error|fatal\"}"));
        return page;
    }

    private static void now(Dashboard page) {
        page.row("Now");
        page.panel(stat("Lines", "Lines a second that Loki takes in.")
                .query("", "sum(rate(loki_distributor_lines_received_total{HERE}[$__rate_interval]))"));
        page.panel(stat("Bytes", "Bytes a second that Loki takes in.")
                .unit("Bps")
                .query("", "sum(rate(loki_distributor_bytes_received_total{HERE}[$__rate_interval]))"));
        page.panel(stat(
                        "Streams",
                        "Combinations of labels in memory. Some hundreds are normal, thousands mean that a label is not bounded.")
                .worseAbove(500, 900)
                .query("", "sum(loki_ingester_memory_streams{HERE})"));
        page.panel(stat(
                        "Lost lines",
                        "Lines of the chosen time that Loki does not have: given up by the collector, refused by Loki for good, or dropped by the sidecar's appender. What Loki refused with 429 was sent again.")
                .decimals(0)
                .worseAbove(1, 100)
                .query("", """
                        (sum(increase(otelcol_exporter_enqueue_failed_log_records_total{HERE}[$__range])) or vector(0))
                        + ((sum(increase(loki_discarded_samples_total{HERE,reason!~".*rate_limit.*|stream_limit"}[$__range])) > 0)
                          or sum(increase(otelcol_exporter_send_failed_log_records_total{HERE}[$__range])) or vector(0))
                        + (sum(increase(sidecar_log_lines_total{HERE,outcome=~"dropped|failed"}[$__range])) or vector(0))"""));
        page.panel(stat(
                        "Waiting",
                        "Bytes that the collector keeps on disk until Loki has confirmed them. Grows while Loki is away; at 512 MiB new lines are dropped.")
                .unit("bytes")
                .worseAbove(67_108_864, 402_653_184)
                .query("", "sum(otelcol_exporter_queue_size{HERE})"));
        page.panel(
                stat("Sources silent", "Log sources whose canary line was not found again in the last drill.")
                        .worseAbove(1, 2)
                        .query(
                                "",
                                "sum(min by (proof) (sidecar_proof_held{HERE,area=\"logging\"} and sidecar_proof_applicable{HERE,area=\"logging\"} == 1) == bool 0)"));
    }

    private static void volume(Dashboard page) {
        page.row("Volume");
        page.panel(timeSeries("By service", "Lines a minute.")
                .columns()
                .size(12, 9)
                .toLogs()
                .logs("{{service}}", "sum by (service) (rate({HERE}[$__auto])) * 60"));
        page.panel(timeSeries("By level", "Lines a minute of the chosen services.")
                .columns()
                .size(12, 9)
                .logs("{{level}}", "sum by (level) (rate({HERE,service=~\"$service|system\"}[$__auto])) * 60"));
        page.panel(timeSeries("Errors by service", "Lines a minute of level error and fatal.")
                .columns()
                .nothing("No errors")
                .size(12, 8)
                .toLogs()
                .logs("{{service}}", "sum by (service) (rate({HERE,level=~\"error|fatal\"}[$__auto])) * 60"));
        page.panel(timeSeries(
                        "By source",
                        "Bytes a second by where the lines come from. A source that falls to zero has gone silent.")
                .unit("Bps")
                .size(12, 8)
                .logs("{{source}}", "sum by (source) (bytes_rate({HERE}[$__auto]))"));
    }

    private static void delivery(Dashboard page) {
        page.row("Delivery");
        page.panel(timeSeries("Collected", "Lines a second that the collector sent and that Loki confirmed.")
                .fromZero()
                .query("sent", "sum(rate(otelcol_exporter_sent_log_records_total{HERE}[$__rate_interval]))"));
        page.panel(timeSeries("Canary", "Time until a planted line was found again in Loki, by proof.")
                .unit("s")
                .fromZero()
                .worseAbove(5, 10)
                .query("{{proof}}", "max by (proof) (sidecar_proof_duration_seconds{HERE,area=\"logging\"})"));
        page.panel(timeSeries(
                        "Left out on purpose",
                        "Lines a second that the collector does not ship, by reason: other projects' containers, the sidecar's own (it ships them itself), older than a week (Loki would refuse them).")
                .fromZero()
                .nothing("Nothing is left out")
                .query(
                        "{{reason}}",
                        "sum by (reason) (rate(loki_process_dropped_lines_total{HERE}[$__rate_interval]))"));
        page.panel(timeSeries(
                        "Lost",
                        "Lines a second that were given up, and who gave them up. For one line that Loki refuses for good the collector counts all that it sent with it; Loki's count is the right one.")
                .fromZero()
                .worseAbove(0.01, 1)
                .size(12, 8)
                .nothing("Nothing is lost")
                .query(
                        "collector: no room",
                        "sum(rate(otelcol_exporter_enqueue_failed_log_records_total{HERE}[$__rate_interval]))")
                .query(
                        "collector: not taken",
                        "sum(rate(otelcol_exporter_send_failed_log_records_total{HERE}[$__rate_interval]))")
                .query(
                        "Loki: {{reason}}",
                        "sum by (reason) (rate(loki_discarded_samples_total{HERE,reason!~\".*rate_limit.*|stream_limit\"}[$__rate_interval]))")
                .query(
                        "sidecar",
                        "sum(rate(sidecar_log_lines_total{HERE,outcome=~\"dropped|failed\"}[$__rate_interval]))"));
        page.panel(timeSeries(
                        "The sidecar's own lines",
                        "Lines a second of the sidecar, by where they go and what became of them.")
                .fromZero()
                .size(12, 8)
                .query(
                        "{{output}} {{outcome}}",
                        "sum by (output, outcome) (rate(sidecar_log_lines_total{HERE}[$__rate_interval]))"));
    }
}
