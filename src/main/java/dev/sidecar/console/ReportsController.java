package dev.sidecar.console;

import dev.sidecar.reports.SignedReports;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.text.HostileText;
import java.io.IOException;
import java.util.List;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Signs reports to hand on, and lists those that are kept. */
@Controller
class ReportsController {

    private final SignedReports reports;
    private final Audit audit;

    ReportsController(SignedReports reports, Audit audit) {
        this.reports = reports;
        this.audit = audit;
    }

    @GetMapping("/reports")
    String page(Model model) {
        try {
            model.addAttribute("reports", reports.kept());
        } catch (IOException e) {
            model.addAttribute("reports", List.of());
            model.addAttribute("problem", problem(e));
        }
        return "reports";
    }

    @PostMapping("/reports")
    String sign(RedirectAttributes flash) {
        try {
            String id = reports.signNow();
            audit.done("sign report", id, "signed");
            flash.addFlashAttribute("done", "Signed report " + id + ". Hand on both files; they belong together.");
        } catch (BackupFailure e) {
            failed(flash, e.getMessage());
        } catch (IOException e) {
            failed(flash, problem(e));
        }
        return "redirect:/reports";
    }

    private void failed(RedirectAttributes flash, String why) {
        audit.done("sign report", "", "failed: " + HostileText.forLog(why));
        flash.addFlashAttribute("problem", why);
    }

    private static String problem(IOException e) {
        return "The folder of reports cannot be used: %s. See sidecar.report.directory.".formatted(e);
    }
}
