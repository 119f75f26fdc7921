package dev.sidecar.console;

import dev.sidecar.maintenance.Maintenance;
import dev.sidecar.maintenance.MaintenanceRefused;
import dev.sidecar.maintenance.Maintenances;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import java.security.Principal;
import java.time.Duration;
import java.util.function.Supplier;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Begins and ends maintenance with the buttons of the first page. The room maintenance writes the audit. */
@Controller
class MaintenancePageController {

    private final Maintenances maintenances;

    MaintenancePageController(Maintenances maintenances) {
        this.maintenances = maintenances;
    }

    @PostMapping("/maintenance")
    String begin(@RequestParam long minutes, @RequestParam String reason, Principal login, RedirectAttributes flash) {
        return act(flash, () -> {
            // A longer time than a day is refused in any case, and would not fit.
            Maintenance begun = maintenances.begin(
                    Duration.ofMinutes(Math.max(0, Math.min(minutes, 100_000))), reason, login.getName());
            return "Maintenance until " + begun.until() + ": " + begun.reason();
        });
    }

    @PostMapping("/maintenance/{id}/end")
    String end(@PathVariable String id, Principal login, RedirectAttributes flash) {
        return act(
                flash,
                () -> maintenances
                        .end(id, login.getName())
                        .map(ended -> "Ended maintenance: " + ended.reason())
                        .orElse("It has ended already."));
    }

    private static String act(RedirectAttributes flash, Supplier<String> action) {
        try {
            flash.addFlashAttribute("done", action.get());
        } catch (MaintenanceRefused | NotConfigured | PeerUnavailable e) {
            flash.addFlashAttribute("problem", String.valueOf(e.getMessage()));
        }
        return "redirect:/readiness";
    }
}
