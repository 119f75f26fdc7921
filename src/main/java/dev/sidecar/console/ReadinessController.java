package dev.sidecar.console;

import dev.sidecar.jobs.Jobs;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Proofs;
import dev.sidecar.proofs.Report;
import java.time.Instant;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;

/** Shows the readiness report as a page that updates itself. */
@Controller
class ReadinessController {

    private final Proofs proofs;
    private final Jobs jobs;
    private final VerdictHistory history;
    private final Audit audit;
    private final MaintenanceForm maintenance;

    ReadinessController(Proofs proofs, Jobs jobs, VerdictHistory history, Audit audit, MaintenanceForm maintenance) {
        this.proofs = proofs;
        this.jobs = jobs;
        this.history = history;
        this.audit = audit;
        this.maintenance = maintenance;
    }

    @GetMapping({"/", "/readiness"})
    String page(Model model) {
        model.addAttribute("page", page(Instant.EPOCH));
        model.addAttribute("maintenance", maintenance);
        return "readiness";
    }

    /** Returns what changed since the page last asked, to replace what it shows. */
    @GetMapping("/readiness/changes")
    String changes(@RequestParam long since, Model model) {
        model.addAttribute("page", page(Instant.ofEpochMilli(since)));
        model.addAttribute("maintenance", maintenance);
        return "readiness-changes";
    }

    @PostMapping("/readiness/drills")
    String proveAll(@RequestHeader(name = "HX-Request", defaultValue = "false") boolean inPage, Model model) {
        for (Claim claim : proofs.claims()) {
            jobs.runNow(proofs.job(claim.id()));
        }
        audit.done("prove now", "all proofs", "started");
        return answer(inPage, model);
    }

    @PostMapping("/readiness/drills/{id}")
    String prove(
            @PathVariable String id,
            @RequestHeader(name = "HX-Request", defaultValue = "false") boolean inPage,
            Model model) {
        jobs.runNow(proofs.job(id));
        audit.done("prove now", id, "started");
        return answer(inPage, model);
    }

    /** Returns the changes, or the whole page to a browser without scripts. */
    private String answer(boolean inPage, Model model) {
        if (!inPage) {
            return "redirect:/readiness";
        }
        model.addAttribute("page", page(Instant.EPOCH));
        model.addAttribute("maintenance", maintenance);
        return "readiness-changes";
    }

    private ReadinessPage page(Instant since) {
        Report report = proofs.report();
        return ReadinessPage.of(report, id -> jobs.status(proofs.job(id)).running(), history.strips(), since);
    }
}
