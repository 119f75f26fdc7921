package dev.sidecar.panels;

import static dev.sidecar.panels.Panel.bars;
import static dev.sidecar.panels.Panel.heatmap;
import static dev.sidecar.panels.Panel.lines;
import static dev.sidecar.panels.Panel.stat;
import static dev.sidecar.panels.Panel.table;
import static dev.sidecar.panels.Panel.timeSeries;

import java.util.Map;

/** What do the clients of the API see, and where is the time spent? */
final class ApiDashboard {

    private static final String GATEWAY = "sidecar_gateway_requests_seconds";
    /** Of the chosen services, without probes and drills, which call more often than a small team's users. */
    private static final String USERS = "HERE,service=~\"$service\",client!~\"probe|drill\"";

    private static final String EDGE = "loki_process_custom_nginx_request_duration_seconds";

    /** With "All" chosen, $service matches every service that writes lines, and not only those behind the gateway. */
    private static final String NOT_THE_API =
            "alertmanager|alloy|grafana|loki|postgres|preflight|prometheus|prover|redis|sidecar|system|.*-exporter";

    private ApiDashboard() {}

    static Dashboard dashboard() {
        Dashboard page = new Dashboard("api", "02 API and edge", "What do clients see, and where is the time spent?");
        page.variable(
                "service",
                "Service",
                "label_values(sidecar_gateway_requests_seconds_count{stack=~\"$stack\"}, service)");
        page.textBox("slower_than", "Slower than (ms)", "20");
        red(page);
        detail(page);
        whereTheTimeGoes(page);
        slow(page);
        return page;
    }

    private static void red(Dashboard page) {
        page.row("Rate, errors, duration");
        page.panel(timeSeries("Requests by status", "Requests a second of users at the gateway, stacked by status.")
                .unit("reqps")
                .stacked()
                .toLogs()
                .query("{{status}}", "sum by (status) (rate(" + GATEWAY + "_count{" + USERS + "}[$__rate_interval]))"));
        page.panel(timeSeries(
                        "Error ratio",
                        "Share of answers with a server error: of users at the gateway, and of all at the edge, which sees also what the gateway did not answer.")
                .unit("percentunit")
                .fromZero()
                .worseAbove(0.01, 0.05)
                .query(
                        "gateway",
                        "(sum(rate(" + GATEWAY + "_count{" + USERS
                                + ",status=~\"5..\"}[$__rate_interval])) or vector(0)) / (sum(rate(" + GATEWAY
                                + "_count{" + USERS + "}[$__rate_interval])) > 0)")
                .query("edge", """
                        (sum(rate(loki_process_custom_nginx_http_requests_total{HERE,status=~"5.."}[$__rate_interval])) or vector(0))
                        / (sum(rate(loki_process_custom_nginx_http_requests_total{HERE}[$__rate_interval])) > 0)"""));
        page.panel(timeSeries(
                        "Answer time",
                        "Median, 95th and 99th percentile of the users' requests at the gateway. A dot is a sampled request: a click on it leads to its lines.")
                .unit("s")
                .fromZero()
                .worseAbove(0.5, 1)
                .query("p50", quantile(0.5, GATEWAY, USERS))
                .query("p95", quantile(0.95, GATEWAY, USERS))
                .query("p99", quantile(0.99, GATEWAY, USERS))
                .exemplars());
    }

    private static void detail(Dashboard page) {
        page.panel(heatmap("Answer times", "How many requests took how long. Two bands mean two kinds of requests.")
                .query("{{le}}", "sum by (le) (increase(" + GATEWAY + "_bucket{" + USERS + "}[$__rate_interval]))"));
        page.panel(
                timeSeries(
                                "Requests at the edge",
                                "Requests a second as nginx logged them, by the service behind it and the status.")
                        .unit("reqps")
                        .columns()
                        .size(12, 9)
                        .query(
                                "{{service}} {{status}}",
                                "sum by (service, status) (rate(loki_process_custom_nginx_http_requests_total{HERE}[$__rate_interval]))"));
        page.row("By route");
        page.panel(bars("Most used routes", "Requests a second over the chosen time, ten greatest.")
                .unit("reqps")
                .size(12, 8)
                .now(
                        "{{method}} {{route}}",
                        "topk(10, sum by (method, route) (rate(" + GATEWAY + "_count{" + USERS + "}[$__range])))"));
        page.panel(bars("Slowest routes", "95th percentile of the answer time over the chosen time, ten greatest.")
                .unit("s")
                .size(12, 8)
                .worseAbove(0.5, 1)
                .now(
                        "{{method}} {{route}}",
                        "topk(10, histogram_quantile(0.95, sum by (method, route, le) (rate(" + GATEWAY + "_bucket{"
                                + USERS + "}[$__range]))) >= 0)"));
        page.panel(timeSeries(
                        "Probes and drills",
                        "Requests a second that no user made, by who made them and how they were answered.")
                .unit("reqps")
                .size(12, 8)
                .fromZero()
                .query(
                        "{{client}} {{status}}",
                        "sum by (client, status) (rate(" + GATEWAY
                                + "_count{HERE,service=~\"$service\",client=~\"probe|drill\"}[$__rate_interval]))"));
        page.panel(timeSeries(
                        "Refused requests",
                        "401, 403 and 429 a second: wrong passwords, missing rights, too many requests.")
                .unit("reqps")
                .size(12, 8)
                .fromZero()
                .nothing("None was refused")
                .query(
                        "{{status}}",
                        "sum by (status) (rate(" + GATEWAY + "_count{" + USERS
                                + ",status=~\"401|403|429\"}[$__rate_interval]))"));
    }

    private static void whereTheTimeGoes(Dashboard page) {
        page.row("Where the time goes");
        page.panel(timeSeries(
                        "P95 from outside to inside",
                        "The same requests as seen by nginx, by the gateway, and by the gateway's wait for the API. The gaps are what the layers cost.")
                .unit("s")
                .fromZero()
                .query("edge", quantile(0.95, EDGE, "HERE"))
                .query("gateway", quantile(0.95, GATEWAY, USERS))
                .query("API", quantile(0.95, "sidecar_gateway_upstream_seconds", "HERE,service=~\"$service\"")));
        page.panel(timeSeries("In flight", "Requests that are being answered at this moment.")
                .fromZero()
                .size(5, 8)
                .query(
                        "{{service}}",
                        "sum by (service) (sidecar_gateway_requests_in_flight{HERE,service=~\"$service\"})"));
        page.panel(timeSeries("Bytes", "Bytes a second to the clients and from them.")
                .unit("Bps")
                .fromZero()
                .size(6, 8)
                .query(
                        "out",
                        "sum(rate(sidecar_gateway_response_bytes_sum{HERE,service=~\"$service\"}[$__rate_interval]))")
                .query(
                        "in",
                        "sum(rate(sidecar_gateway_request_bytes_sum{HERE,service=~\"$service\"}[$__rate_interval]))"));
        page.panel(
                stat("Not forwarded", "Requests of the chosen time that the gateway could not forward or finish.")
                        .worseAbove(1, 10)
                        .decimals(0)
                        .named()
                        .size(5, 8)
                        .now(
                                "{{reason}}",
                                "sum by (reason) (increase(sidecar_gateway_failures_total{HERE,service=~\"$service\"}[$__range])) > 0.5 or on() vector(0)"));
        page.panel(timeSeries("Connections at the edge", "What nginx holds open: being read, being answered, idle.")
                .stacked()
                .query("reading", "sum(nginx_connections_reading{HERE})")
                .query("writing", "sum(nginx_connections_writing{HERE})")
                .query("waiting", "sum(nginx_connections_waiting{HERE})"));
        page.panel(
                timeSeries("The API's own view", "Requests a second by outcome, as the API itself counts them.")
                        .unit("reqps")
                        .stacked()
                        .query(
                                "{{outcome}}",
                                "sum by (outcome) (rate(http_server_requests_seconds_count{HERE,uri!~\"/actuator.*\"}[$__rate_interval]))"));
        page.panel(timeSeries("Database pool of the API", "Connections in use, waiting callers, and the limit.")
                .fromZero()
                .query("in use", "sum(hikaricp_connections_active{HERE})")
                .query("waiting for one", "sum(hikaricp_connections_pending{HERE})")
                .query("limit", "sum(hikaricp_connections_max{HERE})"));
    }

    private static void slow(Dashboard page) {
        page.row("Slow requests");
        page.panel(table(
                        "Slowest requests",
                        "The slowest of the newest 500 requests that took longer than the figure at the top. Copy the request id into the Logs dashboard for all lines of the request.")
                .size(24, 9)
                .logs("", "{HERE,source=\"nginx\"} | duration_ms > $slower_than")
                .transform(
                        "extractFields",
                        Map.of("source", "labels", "format", "json", "replace", true, "keepTime", true))
                .transform(
                        "convertFieldType",
                        Map.of(
                                "conversions",
                                java.util.List.of(Map.of("targetField", "duration_ms", "destinationType", "number"))))
                .transform("sortBy", Map.of("sort", java.util.List.of(Map.of("field", "duration_ms", "desc", true))))
                .transform("limit", Map.of("limitField", 20))
                .transform(
                        "organize",
                        Map.of(
                                "excludeByName",
                                Map.of(
                                        "stack",
                                        true,
                                        "host",
                                        true,
                                        "source",
                                        true,
                                        "service",
                                        true,
                                        "container_id",
                                        true,
                                        "stream",
                                        true,
                                        "level",
                                        true)))
                .widthOf("request_id", 330)
                .unitOf("duration_ms", "ms"));
        page.panel(lines(
                "Errors at the edge and in the API",
                "Lines of level error and fatal of nginx, the gateway and the API.",
                "{HERE,service=~\"nginx|gateway|$service\",service!~\"" + NOT_THE_API + "\",level=~\"error|fatal\"}"));
    }

    /** Without requests there is no percentile; Prometheus would answer NaN. */
    private static String quantile(double which, String histogram, String of) {
        return "histogram_quantile(%s, sum by (le) (rate(%s_bucket{%s}[$__rate_interval]))) >= 0"
                .formatted(which, histogram, of);
    }
}
