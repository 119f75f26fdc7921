package dev.sidecar.proofs;

import dev.sidecar.jobs.Jobs;
import dev.sidecar.settings.Identity;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Returns the readiness report over HTTP and runs drills on request. */
@RestController
@RequestMapping("/api")
class ReportController {

    private final Proofs proofs;
    private final Jobs jobs;
    private final Identity identity;

    ReportController(Proofs proofs, Jobs jobs, Identity identity) {
        this.proofs = proofs;
        this.jobs = jobs;
        this.identity = identity;
    }

    /**
     * The report as JSON. Times are UTC, durations are milliseconds.
     *
     * @param summary the counts as words
     * @param score percentage of all proofs that hold, rounded down
     * @param complete whether every proof holds that is not left out by name
     * @param total how many proofs there are
     * @param inconclusive how many drills could not run
     */
    record ReportJson(
            Instant at,
            String stack,
            String host,
            String summary,
            int score,
            boolean complete,
            int total,
            long held,
            long broken,
            long inconclusive,
            long starting,
            long notConfigured,
            List<String> waiting,
            List<LeftOutJson> leftOut,
            List<ProofJson> proofs) {}

    record LeftOutJson(String id, String area, String sentence, String reason) {}

    record ProofJson(
            String id,
            String area,
            String sentence,
            Verdict verdict,
            ProofState state,
            boolean applicable,
            String evidence,
            List<String> details,
            Instant at,
            long ageMs,
            long tookMs) {}

    @GetMapping(path = "/report", produces = "application/json")
    ReportJson json() {
        Report report = proofs.report();
        List<ProofJson> lines = new ArrayList<>();
        for (Drill drill : report.drills()) {
            lines.add(new ProofJson(
                    drill.claim().id(),
                    drill.claim().area().title(),
                    drill.claim().sentence(),
                    drill.verdict(),
                    drill.state(),
                    drill.finding().applicable(),
                    drill.finding().evidence(),
                    drill.finding().details(),
                    drill.when(),
                    Duration.between(drill.when(), report.at()).toMillis(),
                    drill.took().toMillis()));
        }
        return new ReportJson(
                report.at(),
                identity.stack(),
                identity.host(),
                report.headline(),
                report.score(),
                report.isComplete(),
                report.total(),
                report.count(ProofState.HELD),
                report.count(ProofState.BROKEN),
                report.count(ProofState.INCONCLUSIVE),
                report.count(ProofState.STARTING),
                report.count(ProofState.NOT_SET_UP),
                report.waiting().stream().map(Claim::id).toList(),
                report.leftOut().stream().map(ReportController::json).toList(),
                lines);
    }

    private static LeftOutJson json(LeftOut out) {
        return new LeftOutJson(
                out.claim().id(), out.claim().area().title(), out.claim().sentence(), out.reason());
    }

    @GetMapping(path = "/report.md", produces = "text/markdown;charset=UTF-8")
    String markdown() {
        return ReportMarkdown.of(proofs.report(), identity);
    }

    /** Starts every drill; those that run already continue. */
    @PostMapping("/report/drills")
    @ResponseStatus(HttpStatus.ACCEPTED)
    void proveAll() {
        proofs.claims().forEach(claim -> jobs.runNow(proofs.job(claim.id())));
    }

    /** Starts one drill. */
    @PostMapping("/report/drills/{id}")
    @ResponseStatus(HttpStatus.ACCEPTED)
    void prove(@PathVariable String id) {
        jobs.runNow(proofs.job(id));
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> unknown(IllegalArgumentException e) {
        return ResponseEntity.of(ProblemDetail.forStatusAndDetail(HttpStatus.NOT_FOUND, e.getMessage()))
                .build();
    }
}
