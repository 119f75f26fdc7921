package dev.sidecar.alerts;

import dev.sidecar.notices.DeadMansSwitch;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Receives Alertmanager's webhook, which carries the Watchdog, and its events. The package {@code access} refuses every request to
 * {@code /hooks} without the webhook token.
 */
@RestController
class AlertmanagerHooks {

    /** A hundred alerts with long texts are a tenth of it. */
    static final int LONGEST_BODY = 2 * 1024 * 1024;

    private final AlertmanagerEvents events;
    private final DeadMansSwitch deadMansSwitch;

    AlertmanagerHooks(AlertmanagerEvents events, DeadMansSwitch deadMansSwitch) {
        this.events = events;
        this.deadMansSwitch = deadMansSwitch;
    }

    @PostMapping("/hooks/alerts/webhook")
    ResponseEntity<ProblemDetail> webhook(HttpServletRequest request) throws IOException {
        return read(request, body -> {
            if (!body.path("alerts").isArray()) {
                throw new IllegalArgumentException("a notification has alerts");
            }
            for (JsonNode alert : body.get("alerts")) {
                if (alert.path("labels").path("alertname").stringValue("").equals("Watchdog")
                        && alert.path("status").stringValue("").equals("firing")) {
                    deadMansSwitch.beat();
                }
            }
        });
    }

    @PostMapping("/hooks/alerts/events")
    ResponseEntity<ProblemDetail> events(HttpServletRequest request) throws IOException {
        return read(request, events::take);
    }

    private interface Reading {
        void of(JsonNode body);
    }

    private static ResponseEntity<ProblemDetail> read(HttpServletRequest request, Reading reading) throws IOException {
        byte[] body = request.getInputStream().readNBytes(LONGEST_BODY + 1);
        if (body.length > LONGEST_BODY) {
            return problem(HttpStatus.CONTENT_TOO_LARGE, "The body is longer than " + LONGEST_BODY + " bytes.");
        }
        try {
            reading.of(JsonMapper.shared().readTree(body));
            return ResponseEntity.ok().build();
        } catch (JacksonException e) {
            return problem(HttpStatus.BAD_REQUEST, "The body is not JSON.");
        } catch (IllegalArgumentException | java.time.DateTimeException e) {
            return problem(HttpStatus.BAD_REQUEST, "The body is not from Alertmanager: " + e.getMessage() + ".");
        }
    }

    private static ResponseEntity<ProblemDetail> problem(HttpStatus status, String detail) {
        return ResponseEntity.status(status).body(ProblemDetail.forStatusAndDetail(status, detail));
    }
}
