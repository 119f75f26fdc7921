package dev.sidecar.alerts;

import dev.sidecar.notices.DeadMansSwitch;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** What a person who is logged in can ask and do: the receipts, and drills. */
@RestController
class AlertsController {

    private final Receipts receipts;
    private final DeadMansSwitch deadMansSwitch;
    private final Drills drills;
    private final DrillRequests requests;

    AlertsController(Receipts receipts, DeadMansSwitch deadMansSwitch, Drills drills, DrillRequests requests) {
        this.receipts = receipts;
        this.deadMansSwitch = deadMansSwitch;
        this.drills = drills;
        this.requests = requests;
    }

    /** What is known of deliveries, newest first. */
    record View(
            DeadMansSwitch.Status deadMansSwitch,
            List<Delivered> lastOfEachChannel,
            List<Delivered> deliveries,
            List<Muted> mutings) {}

    /** The route to be tested. */
    record DrillRequest(@Nullable String route) {}

    @GetMapping("/api/alerts")
    View view() {
        return new View(
                deadMansSwitch.status(),
                receipts.lastOfEachChannel(),
                receipts.deliveries().stream().limit(50).toList(),
                receipts.mutings().stream().limit(50).toList());
    }

    @GetMapping("/api/alerts/routes")
    ResponseEntity<?> routes() {
        try {
            return ResponseEntity.ok(drills.routes());
        } catch (NotConfigured | PeerUnavailable e) {
            return problem(HttpStatus.SERVICE_UNAVAILABLE, String.valueOf(e.getMessage()));
        }
    }

    @PostMapping("/api/alerts/drills")
    ResponseEntity<?> drill(@RequestBody DrillRequest request) {
        List<String> routes;
        try {
            routes = drills.routes();
        } catch (NotConfigured | PeerUnavailable e) {
            return problem(HttpStatus.SERVICE_UNAVAILABLE, String.valueOf(e.getMessage()));
        }
        String route = request.route();
        if (route == null || !routes.contains(route)) {
            return problem(HttpStatus.BAD_REQUEST, "\"route\" must be one of " + routes + ".");
        }
        DrillRequests.Reply answer = requests.ask(route);
        if (answer.id() == null) {
            long seconds = answer.pause().toSeconds() + 1;
            return ResponseEntity.status(HttpStatus.TOO_MANY_REQUESTS)
                    .header(HttpHeaders.RETRY_AFTER, String.valueOf(seconds))
                    .body(ProblemDetail.forStatusAndDetail(
                            HttpStatus.TOO_MANY_REQUESTS,
                            "Drills wake people: one at a time, with a pause. Try again in " + seconds + " s."));
        }
        return ResponseEntity.accepted()
                .location(URI.create("/api/alerts/drills/" + answer.id()))
                .body(Map.of("id", answer.id()));
    }

    @GetMapping("/api/alerts/drills/{id}")
    ResponseEntity<?> drill(@PathVariable("id") String id) {
        return requests.result(id)
                .<ResponseEntity<?>>map(ResponseEntity::ok)
                .orElseGet(
                        () -> problem(HttpStatus.NOT_FOUND, "There is no drill with this id; the newest 20 are kept."));
    }

    private static ResponseEntity<ProblemDetail> problem(HttpStatus status, String detail) {
        return ResponseEntity.status(status).body(ProblemDetail.forStatusAndDetail(status, detail));
    }
}
