package dev.sidecar.console;

import dev.sidecar.jobs.Jobs;
import dev.sidecar.pitr.InstanceBeside;
import dev.sidecar.pitr.InstanceBeside.Errand;
import dev.sidecar.pitr.InstanceBeside.Stage;
import dev.sidecar.pitr.Pitr;
import dev.sidecar.pitr.RecoveryTarget;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Shows which moments can be recovered, starts sets and drills, and has an instance beside made for people to look at. */
@Controller
class RecoveryController {

    private static final Set<String> JOBS =
            Set.of("pitr-full", "pitr-differential", "pitr-incremental", "pitr-drill", "pitr-look");

    private final Pitr pitr;
    private final InstanceBeside beside;
    private final Jobs jobs;
    private final Audit audit;

    RecoveryController(Pitr pitr, InstanceBeside beside, Jobs jobs, Audit audit) {
        this.pitr = pitr;
        this.beside = beside;
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
        if (pitr.isEnabled()) {
            beside(model);
            if (!moment.isBlank()) {
                asked(moment, model);
            }
        }
        return "recovery";
    }

    /** Shows how far a request is; the page asks for it again and again. */
    @GetMapping("/recovery/beside")
    String beside(Model model) {
        model.addAttribute("possible", beside.isPossible());
        model.addAttribute("beside", beside.state());
        return "recovery-beside";
    }

    @PostMapping("/recovery/beside")
    String recover(@RequestParam String moment, RedirectAttributes flash) {
        return ask(
                "recover into a separate instance", moment, flash, () -> beside.recover(RecoveryTarget.time(moment)));
    }

    @PostMapping("/recovery/beside/{errand}")
    String run(@PathVariable String errand, @RequestParam(defaultValue = "") String confirm, RedirectAttributes flash) {
        return ask(errand + " the separate instance", "", flash, () -> {
            Errand wanted = Arrays.stream(Errand.values())
                    .filter(known -> known.name().equalsIgnoreCase(errand))
                    .findFirst()
                    .orElseThrow(() -> new BackupFailure(Reason.NOT_FOUND, "There is no such request."));
            if (wanted == Errand.REMOVE && beside.state().stage() == Stage.PROMOTED && !confirm.equals("remove")) {
                throw new BackupFailure(
                        Reason.REFUSED,
                        "Nothing was done. The separate instance was writable: type 'remove' to remove what was written as well.");
            }
            beside.run(wanted);
        });
    }

    private String ask(String action, String what, RedirectAttributes flash, Runnable asking) {
        try {
            requireEnabled();
            asking.run();
            flash.addFlashAttribute("done", "Asked for; this page shows how far it is.");
            audit.done(action, what, "accepted");
        } catch (BackupFailure e) {
            flash.addFlashAttribute("problem", e.getMessage());
            audit.done(action, what, "refused: " + e.getMessage());
        }
        return "redirect:/recovery";
    }

    private void requireEnabled() {
        if (!pitr.isEnabled()) {
            throw new BackupFailure(Reason.NOT_CONFIGURED, "Point-in-time recovery is off.");
        }
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
