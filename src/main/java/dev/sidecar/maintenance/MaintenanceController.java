package dev.sidecar.maintenance;

import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Begins, lists and ends maintenance for a person who is logged in. */
@RestController
class MaintenanceController {

    private final Maintenances maintenances;

    MaintenanceController(Maintenances maintenances) {
        this.maintenances = maintenances;
    }

    /**
     * The request for a silence.
     *
     * @param time how long, such as {@code 15m}
     * @param reason why
     * @param by who asks; whoever is logged in if it is not given
     */
    record Request(
            @Nullable String time,
            @Nullable String reason,
            @Nullable String by) {}

    /** The response of {@code GET /api/maintenance}: what is on, and what it silences. */
    record View(List<Maintenance> current, List<String> alerts, List<String> services) {}

    @GetMapping("/api/maintenance")
    View view() {
        return new View(maintenances.read(), maintenances.alerts(), maintenances.services());
    }

    @PostMapping("/api/maintenance")
    ResponseEntity<Maintenance> begin(@RequestBody Request asked, HttpServletRequest request) {
        Maintenance begun = maintenances.begin(
                duration(Optional.ofNullable(asked.time()).orElse("")),
                Optional.ofNullable(asked.reason()).orElse(""),
                who(asked.by(), request));
        return ResponseEntity.created(URI.create("/api/maintenance/" + begun.id()))
                .body(begun);
    }

    @DeleteMapping("/api/maintenance/{id}")
    ResponseEntity<?> end(@PathVariable("id") String id, HttpServletRequest request) {
        return maintenances
                .end(id, who(null, request))
                .<ResponseEntity<?>>map(ResponseEntity::ok)
                .orElseGet(() -> ResponseEntity.status(HttpStatus.NOT_FOUND)
                        .body(ProblemDetail.forStatusAndDetail(
                                HttpStatus.NOT_FOUND, "No maintenance with this ID is on.")));
    }

    /** There is one login, so a command adds the name of whoever runs it. */
    private static String who(@Nullable String by, HttpServletRequest request) {
        String login = String.valueOf(request.getRemoteUser());
        return by == null || by.isBlank() ? login : by.strip() + " (" + login + ")";
    }

    private static Duration duration(String text) {
        try {
            return DurationStyle.SIMPLE.parse(text.strip());
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new MaintenanceRefused("Say for how long, such as 90s, 15m or 1h.");
        }
    }

    @ExceptionHandler
    ProblemDetail refused(MaintenanceRefused refused) {
        return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, String.valueOf(refused.getMessage()));
    }

    @ExceptionHandler({NotConfigured.class, PeerUnavailable.class})
    ProblemDetail unavailable(RuntimeException reason) {
        return ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE, String.valueOf(reason.getMessage()));
    }
}
