package dev.sidecar.console;

import dev.sidecar.loki.LogLine;
import dev.sidecar.loki.Loki;
import dev.sidecar.loki.Window;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.requests.RequestId;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Finds the log lines of one request in all services, oldest first. */
@Controller
class RequestsController {

    private static final int MOST = 500;

    private final Loki loki;

    RequestsController(Loki loki) {
        this.loki = loki;
    }

    @GetMapping("/requests")
    String page(@RequestParam(defaultValue = "") String id, Model model) {
        String wanted = id.strip();
        model.addAttribute("id", wanted);
        if (!wanted.isEmpty()) {
            model.addAttribute("found", find(wanted));
        } else if (loki.address().isEmpty()) {
            model.addAttribute("off", "Logs are not set up, so there is nothing to search: set LOKI_URL.");
        }
        return "requests";
    }

    /**
     * The result of a search.
     *
     * @param problem why the search was impossible; null if it was not
     * @param lines oldest first
     * @param services the services that wrote them
     * @param window the time range that was searched
     * @param tookMs how long the search took
     */
    record Found(
            @Nullable String problem,
            List<LogLine> lines,
            String services,
            @Nullable Window window,
            long tookMs) {

        static Found nothing(String problem) {
            return new Found(problem, List.of(), "", null, 0);
        }

        /** The lines along time. */
        public List<Waterfall.Row> rows() {
            return Waterfall.of(lines);
        }
    }

    private Found find(String id) {
        if (!RequestId.isWellFormed(id)) {
            return Found.nothing("A request ID is 1 to 128 letters, digits, dots, dashes or underscores.");
        }
        try {
            long began = System.nanoTime();
            List<LogLine> lines = loki.request(id, MOST);
            long took = Duration.ofNanos(System.nanoTime() - began).toMillis();
            String services =
                    lines.stream().map(LogLine::service).collect(Collectors.toCollection(TreeSet::new)).stream()
                            .collect(Collectors.joining(", "));
            return new Found(null, lines, services, loki.windowOf(id), took);
        } catch (NotConfigured e) {
            return Found.nothing(e.getMessage());
        } catch (PeerUnavailable e) {
            return Found.nothing(e.getMessage());
        }
    }
}
