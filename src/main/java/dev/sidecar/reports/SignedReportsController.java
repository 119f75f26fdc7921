package dev.sidecar.reports;

import dev.sidecar.sets.BackupFailure;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Signs reports over HTTP and hands out those that are kept. */
@RestController
@RequestMapping("/api/reports")
class SignedReportsController {

    private static final MediaType HTML = MediaType.parseMediaType("text/html;charset=UTF-8");
    private static final MediaType JSON = MediaType.parseMediaType("application/json;charset=UTF-8");

    private final SignedReports reports;

    SignedReportsController(SignedReports reports) {
        this.reports = reports;
    }

    /**
     * A report that was signed now.
     *
     * @param summary the counts as words
     */
    record SignedJson(String id, String stack, String summary, int score) {}

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    SignedJson sign() throws IOException {
        ReportDocument document = reports.sign();
        return new SignedJson(document.id(), document.stack(), document.summary(), document.score());
    }

    /** Lists the ids of the reports that are kept, newest first. */
    @GetMapping
    List<String> list() throws IOException {
        return reports.ids();
    }

    @GetMapping("/{id}.html")
    ResponseEntity<byte[]> page(@PathVariable String id) throws IOException {
        return file(id, ReportFolder.PAGE, HTML, reports.page(id));
    }

    @GetMapping("/{id}.intoto.json")
    ResponseEntity<byte[]> envelope(@PathVariable String id) throws IOException {
        return file(id, ReportFolder.ENVELOPE, JSON, reports.envelope(id));
    }

    /** As a download: the page is for a folder, not for the console's own address. */
    private ResponseEntity<byte[]> file(String id, String ending, MediaType type, Optional<byte[]> bytes)
            throws IOException {
        if (bytes.isEmpty()) {
            return ResponseEntity.of(ProblemDetail.forStatusAndDetail(
                            HttpStatus.NOT_FOUND,
                            "There is no such report; GET /api/reports lists those that are kept."))
                    .build();
        }
        String name = reports.nameOf(id) + ending;
        return ResponseEntity.ok()
                .contentType(type)
                .header(
                        HttpHeaders.CONTENT_DISPOSITION,
                        ContentDisposition.attachment().filename(name).build().toString())
                .body(bytes.get());
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> cannotSign(BackupFailure e) {
        return problem(e.getMessage());
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> cannotKeep(IOException e) {
        return problem("The folder of reports cannot be used: %s. See sidecar.report.directory.".formatted(e));
    }

    private static ResponseEntity<ProblemDetail> problem(String detail) {
        return ResponseEntity.of(ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE, detail))
                .build();
    }
}
