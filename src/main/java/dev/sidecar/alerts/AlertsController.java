package dev.sidecar.alerts;

import dev.sidecar.alerts.Deliveries.Undelivered;
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

/** Returns the receipts and runs drills for a person who is logged in. */
@RestController
class AlertsController {

    private final Receipts receipts;
    private final DeliveryCheck check;
    private final DeadMansSwitch deadMansSwitch;
    private final Drills drills;
    private final DrillRequests requests;

    AlertsController(
            Receipts receipts,
            DeliveryCheck check,
            DeadMansSwitch deadMansSwitch,
            Drills drills,
            DrillRequests requests) {
        this.receipts = receipts;
        this.check = check;
        this.deadMansSwitch = deadMansSwitch;
        this.drills = drills;
        this.requests = requests;
    }

    /** The response of {@code GET /api/alerts}; lists are newest first. */
    record View(
            DeadMansSwitch.Status deadMansSwitch,
            List<Delivered> lastOfEachChannel,
            List<Delivered> deliveries,
            List<Muted> mutings,
            List<Undelivered> undelivered,
            List<Undelivered> unconfirmed) {}

    /** The route to test. */
    record DrillRequest(@Nullable String route) {}

    @GetMapping("/api/alerts")
    View view() {
        return new View(
                deadMansSwitch.status(),
                receipts.lastOfEachChannel(),
                receipts.deliveries().stream().limit(50).toList(),
                receipts.mutings().stream().limit(50).toList(),
                check.found().map(Deliveries::undelivered).orElse(List.of()),
                check.found().map(Deliveries::unconfirmed).orElse(List.of()));
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
                            "Each drill notifies people, so those of a route run one at a time with a pause between. Try again in "
                                    + seconds + " s."));
        }
        return ResponseEntity.accepted()
                .location(URI.create("/api/alerts/drills/" + answer.id()))
                .body(Map.of("id", answer.id()));
    }

    @GetMapping("/api/alerts/drills/{id}")
    ResponseEntity<?> drill(@PathVariable("id") String id) {
        return requests.result(id)
                .<ResponseEntity<?>>map(ResponseEntity::ok)
                .orElseGet(() -> problem(HttpStatus.NOT_FOUND, "No drill has this ID; only the newest 40 are kept."));
    }

    private static ResponseEntity<ProblemDetail> problem(HttpStatus status, String detail) {
        return ResponseEntity.status(status).body(ProblemDetail.forStatusAndDetail(status, detail));
    }
}
