package dev.sidecar.console;

import dev.sidecar.backup.BackupTasks;
import dev.sidecar.backup.BackupTasks.Task;
import dev.sidecar.backup.Backups;
import dev.sidecar.backup.RestorePlan;
import dev.sidecar.backup.RestoreRequest;
import dev.sidecar.dumps.Dumps;
import dev.sidecar.jobs.Jobs;
import dev.sidecar.pitr.Pitr;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupId;
import dev.sidecar.text.Durations;
import dev.sidecar.text.Sizes;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Shows the stored backups and runs every action on them. Each action returns to the page, which shows its progress. */
@Controller
class BackupsController {

    private static final String PAGE = "redirect:/backups";

    private final Backups backups;
    private final BackupTasks tasks;
    private final BackupsOverview overview;
    private final Dumps dumps;
    private final Pitr pitr;
    private final Jobs jobs;
    private final Audit audit;
    private final Clock clock;

    BackupsController(
            Backups backups,
            BackupTasks tasks,
            BackupsOverview overview,
            Dumps dumps,
            Pitr pitr,
            Jobs jobs,
            Audit audit,
            Clock clock) {
        this.backups = backups;
        this.tasks = tasks;
        this.overview = overview;
        this.dumps = dumps;
        this.pitr = pitr;
        this.jobs = jobs;
        this.audit = audit;
        this.clock = clock;
    }

    @GetMapping("/backups")
    String page(Model model) {
        model.addAttribute("page", overview.now());
        model.addAttribute("dumps", dumps.known());
        model.addAttribute("recovery", pitr.isEnabled());
        return "backups";
    }

    /** Shows the tasks with their progress; the page asks for them again and again. */
    @GetMapping("/backups/tasks")
    String tasks(@RequestParam(defaultValue = "0") int running, Model model) {
        BackupsPage page = overview.now();
        model.addAttribute("page", page);
        // The list of backups has changed when a task has ended.
        model.addAttribute("reload", page.running() < running);
        return "backups-tasks";
    }

    @PostMapping("/backups/take")
    String take(@RequestParam String database, RedirectAttributes flash) {
        return act("take backup", database, flash, () -> started(tasks.take(database, true)));
    }

    @PostMapping("/backups/dumps/{source}/prove")
    String prove(@PathVariable String source, RedirectAttributes flash) {
        return act("prove dump", source, flash, () -> {
            if (!dumps.sources().contains(source)) {
                throw new BackupFailure(BackupFailure.Reason.NOT_FOUND, "There is no such source.");
            }
            jobs.runNow(Dumps.job(source));
            return "The newest dump of %s is being restored; its row shows the result.".formatted(source);
        });
    }

    @PostMapping("/backups/{id}/verify")
    String verify(@PathVariable String id, @RequestParam String store, RedirectAttributes flash) {
        return act(
                "verify backup",
                id,
                flash,
                () -> started(tasks.verify(BackupId.parse(id), Optional.of(store), Optional.empty())));
    }

    @PostMapping("/backups/{id}/pin")
    String pin(@PathVariable String id, @RequestParam boolean pinned, RedirectAttributes flash) {
        return act(pinned ? "pin backup" : "unpin backup", id, flash, () -> {
            if (pinned) {
                backups.pin(BackupId.parse(id), "pinned in the console");
                return "Pinned " + id + ": it no longer expires.";
            }
            backups.unpin(BackupId.parse(id), "unpinned in the console");
            return "Unpinned " + id + ": it expires by the retention policy again.";
        });
    }

    @PostMapping("/backups/{id}/clear")
    String clear(@PathVariable String id, RedirectAttributes flash) {
        return act("clear suspect backup", id, flash, () -> {
            backups.clear(BackupId.parse(id), "cleared in the console");
            return id + " is no longer suspect.";
        });
    }

    /** Shows the plan of a restore: what it would do, and what blocks it. */
    @GetMapping("/backups/{id}/restore")
    String plan(
            @PathVariable String id,
            @RequestParam Optional<String> into,
            @RequestParam(defaultValue = "false") boolean replace,
            @RequestParam(defaultValue = "false") boolean privileged,
            Model model) {
        Backup backup = backups.get(BackupId.parse(id));
        String target =
                into.map(String::strip).filter(name -> !name.isEmpty()).orElseGet(() -> proposed(backup, replace));
        RestoreRequest request = new RestoreRequest(backup.id(), target, replace, false, List.of(), privileged);
        RestorePlan plan = backups.plan(request);
        model.addAttribute("backup", backup);
        model.addAttribute("plan", plan);
        model.addAttribute(
                "size", Sizes.of(plan.storedBytes()) + " stored, " + Sizes.of(plan.dumpBytes()) + " restored");
        model.addAttribute(
                "expected", plan.expected() == null ? "not measured yet" : Durations.rounded(plan.expected()));
        return "restore";
    }

    @PostMapping("/backups/{id}/restore")
    String restore(
            @PathVariable String id,
            @RequestParam String into,
            @RequestParam(defaultValue = "false") boolean replace,
            @RequestParam(defaultValue = "") String confirm,
            @RequestParam(defaultValue = "") String consent,
            RedirectAttributes flash) {
        return act(replace ? "replace database" : "restore backup", id + " into " + into, flash, () -> {
            if (replace && !confirm.equals(into)) {
                throw new IllegalArgumentException(
                        "Nothing was done. To replace the database, type its name, %s, to confirm.".formatted(into));
            }
            boolean privileged = consent.equals("privileged");
            RestoreRequest request =
                    new RestoreRequest(BackupId.parse(id), into, replace, false, List.of(), privileged);
            if (!privileged
                    && !consent.equals("without")
                    && (replace || !consent.isEmpty())
                    && backups.plan(request).asksForConsent()) {
                throw new IllegalArgumentException(
                        "Nothing was done. Type 'privileged' or 'without', to decide on what only an administrator can restore.");
            }
            return started(tasks.restore(request));
        });
    }

    private String proposed(Backup backup, boolean replace) {
        return replace ? backup.id().database() : RestoreRequest.newName(backup.id(), clock.instant());
    }

    private static String started(Task task) {
        return "Started: " + task.kind() + " " + task.subject() + ".";
    }

    private String act(String action, String what, RedirectAttributes flash, Supplier<String> doing) {
        try {
            flash.addFlashAttribute("done", doing.get());
            audit.done(action, what, "accepted");
        } catch (BackupFailure | IllegalArgumentException e) {
            flash.addFlashAttribute("problem", e.getMessage());
            audit.done(action, what, "refused: " + e.getMessage());
        }
        return PAGE;
    }
}
