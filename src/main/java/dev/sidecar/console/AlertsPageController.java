package dev.sidecar.console;

import dev.sidecar.alerts.Alertmanager;
import dev.sidecar.alerts.Deliveries;
import dev.sidecar.alerts.DeliveryCheck;
import dev.sidecar.alerts.DrillRequests;
import dev.sidecar.alerts.Receipts;
import dev.sidecar.grafana.Grafana;
import dev.sidecar.notices.DeadMansSwitch;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.text.Durations;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Shows firing alerts and deliveries, and starts a drill of a route. */
@Controller
class AlertsPageController {

    private static final int MUTINGS_SHOWN = 20;

    private final Alertmanager alertmanager;
    private final Receipts receipts;
    private final DeliveryCheck check;
    private final DeadMansSwitch deadMansSwitch;
    private final DrillRequests drills;
    private final Grafana grafana;
    private final Audit audit;
    private final Clock clock;

    AlertsPageController(
            Alertmanager alertmanager,
            Receipts receipts,
            DeliveryCheck check,
            DeadMansSwitch deadMansSwitch,
            DrillRequests drills,
            Grafana grafana,
            Audit audit,
            Clock clock) {
        this.alertmanager = alertmanager;
        this.receipts = receipts;
        this.check = check;
        this.deadMansSwitch = deadMansSwitch;
        this.drills = drills;
        this.grafana = grafana;
        this.audit = audit;
        this.clock = clock;
    }

    @GetMapping("/alerts")
    String page(Model model) {
        Instant now = clock.instant();
        model.addAttribute("watchdog", watchdog(now));
        model.addAttribute("drills", drills.results());
        model.addAttribute(
                "undelivered", check.found().map(Deliveries::undelivered).orElse(List.of()));
        model.addAttribute(
                "deliveries",
                receipts.lastOfEachChannel().stream()
                        .map(last -> new AlertsPage.DeliveryRow(last, Durations.ago(Duration.between(last.at(), now))))
                        .toList());
        model.addAttribute(
                "mutings",
                receipts.mutings().stream()
                        // The drill of the inhibition rules makes dozens at a time, among which nobody would find a
                        // real one.
                        .filter(muted -> !muted.labels().containsKey("drill"))
                        .limit(MUTINGS_SHOWN)
                        .map(muted -> new AlertsPage.MutingRow(muted, Durations.ago(Duration.between(muted.at(), now))))
                        .toList());
        try {
            model.addAttribute("routes", alertmanager.config().routes());
            model.addAttribute("firing", firing(now));
        } catch (NotConfigured | PeerUnavailable e) {
            model.addAttribute("off", e.getMessage());
        }
        return "alerts";
    }

    /** The number in the menu: alerts that fire and are not inhibited. Asked for after a page is shown, so that no page waits for it. */
    @GetMapping("/alerts/count")
    String count(Model model) {
        try {
            model.addAttribute(
                    "count",
                    firing(clock.instant()).stream()
                            .filter(row -> !row.alert().muted())
                            .count());
        } catch (NotConfigured | PeerUnavailable e) {
            model.addAttribute("count", 0L);
        }
        return "layout :: alertCount";
    }

    @PostMapping("/alerts/drills")
    String drill(@RequestParam String route, RedirectAttributes flash) {
        DrillRequests.Reply answer = drills.ask(route);
        if (answer.id() == null) {
            flash.addFlashAttribute(
                    "problem",
                    "Each drill notifies people, so those of a route run one at a time with a pause between. Try again in %s."
                            .formatted(Durations.rounded(answer.pause())));
            audit.done("drill route", route, "refused: too soon");
        } else {
            flash.addFlashAttribute(
                    "done", "Sent a drill alert through route " + route + ". Reload to see the result.");
            audit.done("drill route", route, "started");
        }
        return "redirect:/alerts";
    }

    private List<AlertsPage.FiringRow> firing(Instant now) {
        return alertmanager.firing().stream()
                .filter(alert -> !"Watchdog".equals(alert.labels().get("alertname")))
                .map(alert -> new AlertsPage.FiringRow(
                        alert,
                        Durations.ago(Duration.between(alert.since(), now)),
                        grafana.publicAddress().isPresent()))
                .sorted(AlertsPage.FiringRow.URGENT_FIRST)
                .toList();
    }

    private AlertsPage.Watchdog watchdog(Instant now) {
        DeadMansSwitch.Status status = deadMansSwitch.status();
        return switch (status.state()) {
            case OFF ->
                new AlertsPage.Watchdog("off", "off", "Alertmanager is not configured, so no Watchdog is expected.");
            case WAITING ->
                new AlertsPage.Watchdog(
                        "inconclusive", "waiting", "No Watchdog has arrived since the sidecar started.");
            case OPEN ->
                new AlertsPage.Watchdog("broken", "missing", "The Watchdog is missing: alerts may not reach anyone.");
            case WATCHED ->
                new AlertsPage.Watchdog(
                        "held",
                        "arriving",
                        "The last Watchdog arrived %s."
                                .formatted(Durations.ago(Duration.between(status.lastReceived(), now))));
        };
    }
}
