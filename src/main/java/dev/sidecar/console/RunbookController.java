package dev.sidecar.console;

import dev.sidecar.alerts.Alertmanager;
import dev.sidecar.alerts.FiringAlert;
import dev.sidecar.grafana.Grafana;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.text.Durations;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.server.ResponseStatusException;

/** Shows the runbook that an alert links to: its meaning, the diagnosis, the fix, for whom it fires and since when. */
@Controller
class RunbookController {

    /** The cause of an alert began before the alert. */
    private static final Duration BEFORE = Duration.ofMinutes(30);

    private static final Duration WITHOUT_ALERT = Duration.ofHours(6);

    private final Alertmanager alertmanager;
    private final Grafana grafana;
    private final Clock clock;

    RunbookController(Alertmanager alertmanager, Grafana grafana, Clock clock) {
        this.alertmanager = alertmanager;
        this.grafana = grafana;
        this.clock = clock;
    }

    /** @param service of several services for which the alert fires, the one that dashboards show; null for the newest */
    @GetMapping("/runbooks/{alert:[A-Za-z0-9]{1,80}}.md")
    String page(@PathVariable String alert, @RequestParam(required = false) @Nullable String service, Model model)
            throws IOException {
        try (InputStream page = getClass().getResourceAsStream("/runbooks/" + alert + ".md")) {
            if (page == null) {
                throw new ResponseStatusException(HttpStatus.NOT_FOUND, "No runbook for " + alert + ".");
            }
            Instant now = clock.instant();
            List<FiringAlert> firing = firing(alert);
            FiringAlert chosen = firing.stream()
                    .filter(one ->
                            service == null || service.equals(one.labels().get("service")))
                    .findFirst()
                    .orElse(null);
            model.addAttribute("alert", alert);
            model.addAttribute(
                    "firing", firing.stream().map(one -> sentence(one, now)).toList());
            model.addAttribute(
                    "html",
                    Runbook.html(
                            new String(page.readAllBytes(), StandardCharsets.UTF_8),
                            grafana.publicAddress().orElse(null),
                            chosen == null ? Map.of() : chosen.labels(),
                            chosen == null
                                    ? now.minus(WITHOUT_ALERT)
                                    : chosen.since().minus(BEFORE)));
        }
        return "runbook";
    }

    private List<FiringAlert> firing(String alert) {
        try {
            return alertmanager.firing().stream()
                    .filter(one -> alert.equals(one.labels().get("alertname")))
                    .sorted(Comparator.comparing(FiringAlert::since).reversed())
                    .toList();
        } catch (NotConfigured | PeerUnavailable e) {
            // A runbook is read above all when something does not answer.
            return List.of();
        }
    }

    private static String sentence(FiringAlert alert, Instant now) {
        return "%s, since %s"
                .formatted(
                        alert.annotations()
                                .getOrDefault("summary", alert.labels().getOrDefault("service", "")),
                        Durations.ago(Duration.between(alert.since(), now)));
    }
}
