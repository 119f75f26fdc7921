package dev.sidecar.console;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.server.ResponseStatusException;

/** Shows the runbook that an alert links to: its meaning, the diagnosis, the fix. */
@Controller
class RunbookController {

    private final Parser parser = Parser.builder().build();
    private final HtmlRenderer renderer =
            HtmlRenderer.builder().escapeHtml(true).sanitizeUrls(true).build();

    @GetMapping("/runbooks/{alert:[A-Za-z0-9]{1,80}}.md")
    String page(@PathVariable String alert, Model model) throws IOException {
        try (InputStream page = getClass().getResourceAsStream("/runbooks/" + alert + ".md")) {
            if (page == null) {
                throw new ResponseStatusException(HttpStatus.NOT_FOUND, "No runbook for " + alert + ".");
            }
            model.addAttribute("alert", alert);
            model.addAttribute(
                    "html", renderer.render(parser.parse(new String(page.readAllBytes(), StandardCharsets.UTF_8))));
        }
        return "runbook";
    }
}
