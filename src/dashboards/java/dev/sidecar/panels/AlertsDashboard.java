package dev.sidecar.panels;

import static dev.sidecar.panels.Panel.bars;
import static dev.sidecar.panels.Panel.lines;
import static dev.sidecar.panels.Panel.stat;
import static dev.sidecar.panels.Panel.table;
import static dev.sidecar.panels.Panel.timeSeries;
import static dev.sidecar.panels.Panel.timeline;

/** If something broke now: who would hear of it, and how soon? */
final class AlertsDashboard {

    private AlertsDashboard() {}

    static Dashboard dashboard() {
        Dashboard page = new Dashboard(
                "alerts", "08 Alerts and deliveries", "If something broke now: who would hear of it, and how soon?");
        now(page);
        firing(page);
        delivery(page);
        page.row("Lines");
        page.panel(lines(
                "What was delivered",
                "Lines of the sidecar and Alertmanager about alerts.",
                "{HERE,service=~\"sidecar|alertmanager\"} |~ \"(?i)alert|notif|deliver|watchdog\""));
        return page;
    }

    private static void now(Dashboard page) {
        page.row("Now");
        page.panel(stat("Firing", "Alerts that fire, without the Watchdog.")
                .worseAbove(1, 5)
                .worstIfNothing("unknown")
                .query("", OverviewDashboard.FIRING));
        page.panel(stat("Pending", "Alerts whose condition holds, but not yet for long enough.")
                .worseAbove(1, 10)
                .query("", "count(ALERTS{HERE,alertstate=\"pending\"}) or vector(0)"));
        page.panel(stat("Muted", "Alerts that are silenced or inhibited.")
                .query("", "sum(alertmanager_alerts{HERE,state=\"suppressed\"})"));
        page.panel(stat("Silences", "Silences in force. An old one hides what comes next.")
                .worseAbove(3, 10)
                .query("", "sum(alertmanager_silences{HERE,state=\"active\"})"));
        page.panel(
                stat("Failed deliveries", "Notifications of the chosen time that were not delivered.")
                        .decimals(0)
                        .worseAbove(1, 5)
                        .query(
                                "",
                                "sum(increase(alertmanager_notifications_failed_total{HERE}[$__range])) + (sum(increase(sidecar_notifications_failed_total{HERE}[$__range])) or vector(0))"));
        page.panel(stat(
                        "Watchdog",
                        "Time since the alert that always fires last arrived. Without it nobody would hear of anything.")
                .unit("s")
                .worseAbove(180, 300)
                .never("never arrived")
                .worstIfNothing("unknown")
                .query("", "time() - max(sidecar_watchdog_last_received_timestamp_seconds{HERE})"));
    }

    private static void firing(Dashboard page) {
        page.row("Alerts");
        page.panel(table(
                        "Firing and pending",
                        "What Prometheus holds against the stack at this moment. The Watchdog, which always fires, is left out.")
                .size(12, 9)
                .nothing("No alerts firing or pending")
                .now("", "ALERTS{HERE,alertname!=\"Watchdog\"}")
                .tidy("On", "none", OverviewDashboard.LESS_USEFUL));
        page.panel(timeline("Course", "When which alert fired. The Watchdog, which always fires, is left out.")
                .states("firing", "red", "quiet", "green")
                .size(12, 9)
                .query(
                        "{{alertname}} {{service}}",
                        "max by (alertname, service) (ALERTS{HERE,alertstate=\"firing\",alertname!=\"Watchdog\"})")
                .query("all others", "min(ALERTS{HERE,alertstate=\"firing\",alertname=\"Watchdog\"}) * 0"));
        page.panel(timeSeries(
                        "Alerts in Alertmanager",
                        "By state: active ones are sent, suppressed ones are silenced or inhibited.")
                .fromZero()
                .stacked()
                .query("{{state}}", "sum by (state) (alertmanager_alerts{HERE})"));
        page.panel(stat("Inhibited by rule", "How often a rule muted an alert, in the chosen time.")
                .decimals(0)
                .size(8, 8)
                .now(
                        "{{rule}}",
                        "sum by (rule) (increase(sidecar_alert_inhibited_total{HERE}[$__range])) or on() vector(0)"));
        page.panel(timeSeries("Rules", "Time that one round of each rule group takes, and rounds that failed.")
                .unit("s")
                .fromZero()
                .query("slowest group", "max(prometheus_rule_group_last_duration_seconds{HERE})")
                .query(
                        "failures a second",
                        "sum(rate(prometheus_rule_evaluation_failures_total{HERE}[$__rate_interval]))"));
    }

    private static void delivery(Dashboard page) {
        page.row("Deliveries");
        page.panel(
                bars("Since the last delivery", "Time since each receiver was last seen to get a notification.")
                        .unit("s")
                        .fromZero()
                        .worseAbove(172_800, 604_800)
                        .nothing("nothing delivered yet")
                        .now(
                                "{{receiver}} {{integration}}",
                                "time() - max by (receiver, integration) (sidecar_alert_last_delivery_timestamp_seconds{HERE} > 0)"));
        page.panel(timeSeries("Time to deliver", "From the start of the alert to its delivery, by receiver.")
                .unit("s")
                .fromZero()
                .nothing("nothing delivered yet")
                .query(
                        "{{receiver}} {{integration}}",
                        "max by (receiver, integration) (sidecar_alert_delivery_seconds_max{HERE})"));
        page.panel(
                timeSeries("Notifications", "An hour, by integration.")
                        .fromZero()
                        .query(
                                "{{integration}}",
                                "sum by (integration) (rate(alertmanager_notifications_total{HERE}[$__rate_interval])) * 3600"));
        page.panel(
                timeSeries(
                                "Failures by reason",
                                "Notifications an hour that were not delivered, as Alertmanager saw it.")
                        .fromZero()
                        .worseAbove(1, 10)
                        .query(
                                "{{integration}} {{reason}}",
                                "sum by (integration, reason) (rate(alertmanager_notifications_failed_total{HERE}[$__rate_interval])) * 3600"));
        page.panel(timeline("Dead man's switch", "Open: the Watchdog has not arrived for too long.")
                .states("open", "red", "closed", "green")
                .query("{{host}}", "max by (host) (sidecar_dead_mans_switch_open{HERE})"));
        page.panel(
                timeline("Drills", "Proofs of the alert path, as their last drill left them.")
                        .states("held", "broken")
                        .query(
                                "{{proof}}",
                                "min by (proof) (sidecar_proof_held{HERE,area=\"alerting\"} and sidecar_proof_applicable{HERE} == 1)"));
    }
}
