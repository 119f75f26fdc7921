package dev.sidecar.panels;

import static dev.sidecar.panels.Panel.gauge;
import static dev.sidecar.panels.Panel.lines;
import static dev.sidecar.panels.Panel.stat;
import static dev.sidecar.panels.Panel.table;
import static dev.sidecar.panels.Panel.timeSeries;
import static dev.sidecar.panels.Panel.timeline;

/** The first page: is everything all right, and if not, where do I look? */
final class OverviewDashboard {

    /** None is an answer only while the Watchdog fires: else no rule is evaluated. */
    static final String FIRING = """
            count(ALERTS{HERE,alertstate="firing",alertname!="Watchdog"})
            or count(ALERTS{HERE,alertstate="firing",alertname="Watchdog"}) * 0""";

    /** Labels of an alert that are the same for all, or told by its name. */
    static final String[] LESS_USEFUL = {
        "__name__", "job", "instance", "grafana_url", "runbooks_url", "stack", "category", "scope"
    };

    private OverviewDashboard() {}

    static Dashboard dashboard() {
        Dashboard page = new Dashboard(
                "overview", "01 Operational health", "Is everything all right, and if not, where do I look?");
        six(page);
        now(page);
        states(page);
        page.row("What is wrong");
        page.panel(table("What fires", "Alerts that fire now. The Watchdog, which always fires, is left out.")
                .size(24, 4)
                .nothing("No alerts firing")
                .now("", "ALERTS{HERE,alertstate=\"firing\",alertname!=\"Watchdog\"}")
                .tidy("Firing", "none", LESS_USEFUL));
        page.row("Each proof");
        page.panel(timeline("Readiness proofs", "Each proof as its last drill left it: held, or broken.")
                .states("held", "broken")
                .size(24, 26)
                .query(
                        "{{proof}}",
                        "min by (proof) (sidecar_proof_held{HERE} and sidecar_proof_applicable{HERE} == 1)"));
        return page;
    }

    private static void now(Dashboard page) {
        page.row("Now");
        page.panel(stat("Firing alerts", "Alerts that fire now, without the Watchdog.")
                .worseAbove(1, 5)
                .worstIfNothing("unknown")
                .query("", FIRING));
        page.panel(stat(
                        "Services down",
                        "Services that do not answer: whose own metrics cannot be read, and the database, the cache and the web server as their exporters see them.")
                .worseAbove(1, 1)
                .worstIfNothing("unknown")
                .query(
                        "",
                        "sum((up{HERE,role=\"app\"} or pg_up{HERE} or redis_up{HERE} or nginx_up{HERE}) == bool 0)"));
        page.panel(stat(
                        "Blind spots",
                        "Exporters and monitoring parts that do not answer: we do not see, which is not the same as down.")
                .worseAbove(1, 3)
                .worstIfNothing("unknown")
                .query("", "sum(up{HERE,role!=\"app\"} == bool 0)"));
        page.panel(stat("Proofs not held", "Applicable readiness proofs whose last drill did not hold.")
                .worseAbove(1, 2)
                .worstIfNothing("unknown")
                .query("", "sum(min by (proof) (sidecar_proof_held{HERE}) == bool 0)"));
        page.panel(
                stat(
                                "Oldest verified backup",
                                "Age of the newest backup that was seen to restore, of the database where it is oldest.")
                        .unit("s")
                        .worseAbove(93_600, 172_800)
                        .never("never verified")
                        .worstIfNothing("unknown")
                        .query(
                                "",
                                "max(time() - max by (database) (sidecar_backup_last_verified_timestamp_seconds{HERE,level=~\"L3|L4\"}))"));
        page.panel(stat(
                        "Dead man's switch",
                        "Whether the Watchdog alert still arrives: proof that alerts can reach anybody.")
                .states("open", "red", "closed", "green")
                .worstIfNothing("unknown")
                .query("", "max(sidecar_dead_mans_switch_open{HERE})"));
    }

    /** Users only: probes call more often than a small team's users. */
    private static void six(Dashboard page) {
        page.row("Users");
        page.panel(
                timeSeries(
                                "Requests",
                                "Requests a second of users over 5 minutes, by service, and those of probes and drills apart.")
                        .unit("reqps")
                        .fromZero()
                        .size(7, 8)
                        .toLogs()
                        .query("{{service}}", "sum by (service) (service:requests_all:rate5m{HERE})")
                        .query(
                                "probes and drills",
                                "sum(rate(sidecar_gateway_requests_seconds_count{HERE,client=~\"probe|drill\"}[$__rate_interval]))"));
        page.panel(gauge("Errors", "Share of the users' requests of 5 minutes that were answered with a server error.")
                .unit("percentunit")
                .range(0, 0.2)
                .decimals(2)
                .worseAbove(0.01, 0.05)
                .nothing("no requests")
                .query("", """
                        (sum(service:requests:rate5m{HERE,status=~"5.."}) or vector(0))
                        / (sum(service:requests_all:rate5m{HERE}) > 0)"""));
        page.panel(timeSeries(
                        "P95 of the answer time",
                        "95 of 100 requests of users were answered faster, as measured by the gateway. A dot is a sampled request: a click on it leads to its lines.")
                .unit("s")
                .fromZero()
                .worseAbove(0.5, 1)
                .size(7, 8)
                .toLogs()
                .query(
                        "{{service}}",
                        "histogram_quantile(0.95, sum by (service, le) (rate(sidecar_gateway_requests_seconds_bucket{HERE,client!~\"probe|drill\"}[$__rate_interval]))) >= 0")
                .exemplars());
        page.panel(timeSeries("Active connections", "Open connections to PostgreSQL and Redis.")
                .fromZero()
                .size(6, 8)
                .query("PostgreSQL", "sum(pg_stat_database_numbackends{HERE})")
                .query("Redis", "sum(redis_connected_clients{HERE})"));
        page.panel(gauge("Cache hits", "Share of reads that PostgreSQL and Redis answered from memory.")
                .unit("percentunit")
                .range(0, 1)
                .worseBelow(0.9, 0.95)
                .worseBelowFor("Redis", 0.5, 0.8)
                .nothing("no reads")
                .size(6, 10)
                .query("PostgreSQL", """
                        sum(rate(pg_stat_database_blks_hit{HERE,datname!~"template.*|postgres|"}[$__rate_interval]))
                        / (sum(rate(pg_stat_database_blks_hit{HERE,datname!~"template.*|postgres|"}[$__rate_interval]))
                        + sum(rate(pg_stat_database_blks_read{HERE,datname!~"template.*|postgres|"}[$__rate_interval])) > 0)""")
                .query("Redis", """
                        sum(rate(redis_keyspace_hits_total{HERE}[$__rate_interval]))
                        / (sum(rate(redis_keyspace_hits_total{HERE}[$__rate_interval])) + sum(rate(redis_keyspace_misses_total{HERE}[$__rate_interval])) > 0)"""));
        page.panel(lines(
                        "Recent errors",
                        "The newest lines of level error and fatal of all services. Open one to see its request id and to jump to all lines of that request.",
                        "{HERE,level=~\"error|fatal\"}")
                .size(18, 10));
    }

    private static void states(Dashboard page) {
        page.row("Parts and proofs");
        page.panel(timeline("Services", "Whether each part answered Prometheus.")
                .states("up", "down")
                .size(8, 10)
                .query("{{job}}", "min by (job) (up{HERE})"));
        page.panel(timeline(
                        "Readiness", "Each area as its last drills left it: all of its proofs held, or one is broken.")
                .states("held", "broken")
                .size(8, 10)
                .query("{{area}}", "min by (area) (sidecar_proof_held{HERE} and sidecar_proof_applicable{HERE} == 1)"));
        page.panel(gauge(
                        "Proven",
                        "Share of all readiness proofs that hold. What is not set up or left out is not proven: 100 % is every proof.")
                .unit("percentunit")
                .range(0, 1)
                .worseBelow(0.5, 0.9)
                .size(8, 10)
                .query("", "min(sidecar_readiness_ratio{HERE} unless on (job, instance) sidecar_duty == 0)"));
    }
}
