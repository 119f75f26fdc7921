package dev.sidecar.console;

import dev.sidecar.jobs.Jobs;
import dev.sidecar.pitr.Pitr;
import dev.sidecar.pitr.RecoveryTarget;
import dev.sidecar.sets.BackupFailure;
import java.util.Optional;
import java.util.Set;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Shows which moments can be recovered, says how, and starts sets and drills. */
@Controller
class RecoveryController {

    private static final Set<String> JOBS =
            Set.of("pitr-full", "pitr-differential", "pitr-incremental", "pitr-drill", "pitr-look");

    private final Pitr pitr;
    private final Jobs jobs;
    private final Audit audit;

    RecoveryController(Pitr pitr, Jobs jobs, Audit audit) {
        this.pitr = pitr;
        this.jobs = jobs;
        this.audit = audit;
    }

    @GetMapping("/recovery")
    String page(@RequestParam(defaultValue = "") String moment, Model model) throws InterruptedException {
        model.addAttribute("enabled", pitr.isEnabled());
        model.addAttribute("moment", moment);
        pitr.known().ifPresent(state -> {
            model.addAttribute("state", state);
            model.addAttribute("parts", TimeLine.of(state));
        });
        model.addAttribute("drill", pitr.lastDrill().orElse(null));
        model.addAttribute("unreadable", pitr.unreadable().orElse(null));
        model.addAttribute("trouble", pitr.trouble().orElse(null));
        if (pitr.isEnabled() && !moment.isBlank()) {
            asked(moment, model);
        }
        return "recovery";
    }

    private void asked(String moment, Model model) throws InterruptedException {
        try {
            RecoveryTarget target = RecoveryTarget.time(moment);
            model.addAttribute("answer", pitr.leadsTo(target));
            model.addAttribute("command", "sidecar restore --to-time '%s'".formatted(target.words()));
        } catch (BackupFailure e) {
            model.addAttribute("refusal", e.getMessage());
        }
    }

    @PostMapping("/recovery/run")
    String run(@RequestParam String job, RedirectAttributes flash) {
        Optional<String> known = JOBS.stream().filter(job::equals).findFirst();
        if (known.isEmpty() || !pitr.isEnabled()) {
            flash.addFlashAttribute("problem", "There is no such job.");
        } else {
            jobs.runNow(known.get());
            audit.done("run job", known.get(), "started");
            flash.addFlashAttribute("done", "Started; this page shows the result when it is there.");
        }
        return "redirect:/recovery";
    }
}
