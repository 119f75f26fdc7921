package dev.sidecar.backup;

import dev.sidecar.backup.BackupTasks.Task;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.Generation;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.RefusedSet;
import dev.sidecar.sets.VerificationLevel;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * Offers backups over HTTP. Long work is answered with 202 and the address of a task that reports its progress. The package
 * {@code access} decides who may call.
 */
@RestController
@RequestMapping("/api/backups")
class BackupController {

    private final Backups backups;
    private final Expiration expire;
    private final BackupTasks tasks;
    private final Clock clock;

    BackupController(Backups backups, Expiration expire, BackupTasks tasks, Clock clock) {
        this.backups = backups;
        this.expire = expire;
        this.tasks = tasks;
        this.clock = clock;
    }

    /** @param verify false to publish the backup unverified */
    record Take(@Nullable String database, @Nullable Boolean verify) {}

    /** @param level decided by the settings if absent @param store the first that has the backup if absent */
    record Verify(
            @Nullable VerificationLevel level, @Nullable String store) {}

    /**
     * @param into name of the new database, or of the one to replace; a new name with the time if absent
     * @param replace whether to replace a live database
     * @param confirm the name of the database again, required to replace it
     * @param schemaOnly restore definitions without rows
     * @param tables restore only these tables, as schema.table
     * @param privileged true to have the administrator restore what the plan lists as privileged, false to leave it out; required to
     *     replace a database if the plan lists any
     */
    record Restore(
            @Nullable String into,
            @Nullable Boolean replace,
            @Nullable String confirm,
            @Nullable Boolean schemaOnly,
            @Nullable List<String> tables,
            @Nullable Boolean privileged) {}

    /** @param why the reason, kept with the backup */
    record Why(@Nullable String why) {}

    /** @param keep whether the backup is kept @param reasons why */
    record Kept(String id, String store, boolean keep, List<String> reasons) {}

    @GetMapping
    List<BackupSummary> list(@RequestParam Optional<String> database, @RequestParam Optional<String> generation) {
        return backups.list().stream()
                .filter(backup -> database.isEmpty() || backup.id().database().equals(database.get()))
                .filter(backup -> generation.isEmpty() || backup.id().generation() == Generation.of(generation.get()))
                .map(BackupSummary::of)
                .toList();
    }

    /** Lists the sets that are no backups, as nothing shows that this sidecar made them. */
    @GetMapping("/refused")
    List<RefusedSet> refused() {
        return backups.refused();
    }

    @GetMapping("/{id}")
    Manifest manifest(@PathVariable String id) {
        return get(id).manifest();
    }

    /** Lists what expiring would delete now, and why the other backups are kept. */
    @GetMapping("/retention")
    List<Kept> retention() {
        return expire.decide().stream()
                .map(decision -> new Kept(
                        decision.backup().id().toString(),
                        decision.backup().store(),
                        decision.keep(),
                        decision.reasons()))
                .toList();
    }

    @PostMapping
    ResponseEntity<Task> take(@RequestBody Take take) {
        return accepted(tasks.take(required("database", take.database()), !Boolean.FALSE.equals(take.verify())));
    }

    @PostMapping("/{id}/verify")
    ResponseEntity<Task> verify(@PathVariable String id, @RequestBody Verify verify) {
        return accepted(tasks.verify(
                BackupId.parse(id), Optional.ofNullable(verify.store()), Optional.ofNullable(verify.level())));
    }

    /** Plans a restore; changes nothing. */
    @PostMapping("/{id}/restore/plan")
    RestorePlan plan(@PathVariable String id, @RequestBody Restore restore) {
        return backups.plan(request(get(id), restore));
    }

    @PostMapping("/{id}/restore")
    ResponseEntity<Task> restore(@PathVariable String id, @RequestBody Restore restore) {
        RestoreRequest request = request(get(id), restore);
        if (request.replace() && !request.into().equals(restore.confirm())) {
            throw new NotConfirmed(
                    "To replace the live database '%s', give its name as 'confirm' too.".formatted(request.into()));
        }
        if (request.replace()
                && restore.privileged() == null
                && backups.plan(request).asksForConsent()) {
            throw new NotConfirmed(
                    "The plan lists what only an administrator can restore: decide with 'privileged', true or false.");
        }
        return accepted(tasks.restore(request));
    }

    @PostMapping("/{id}/pin")
    BackupSummary pin(@PathVariable String id, @RequestBody Why why) {
        backups.pin(get(id).id(), reason(why));
        return BackupSummary.of(get(id));
    }

    @PostMapping("/{id}/unpin")
    BackupSummary unpin(@PathVariable String id, @RequestBody Why why) {
        backups.unpin(get(id).id(), reason(why));
        return BackupSummary.of(get(id));
    }

    /** Clears the suspect mark of a backup that somebody inspected and found correct. */
    @PostMapping("/{id}/clear")
    BackupSummary clear(@PathVariable String id, @RequestBody Why why) {
        backups.clear(get(id).id(), reason(why));
        return BackupSummary.of(get(id));
    }

    @GetMapping("/tasks")
    List<Task> tasks() {
        return tasks.list();
    }

    @GetMapping("/tasks/{task}")
    Task task(@PathVariable String task) {
        return tasks.find(task).orElseThrow(() -> noTask(task));
    }

    @DeleteMapping("/tasks/{task}")
    Task stop(@PathVariable String task) {
        return tasks.stop(task).orElseThrow(() -> noTask(task));
    }

    private Backup get(String id) {
        return backups.get(BackupId.parse(id));
    }

    private RestoreRequest request(Backup backup, Restore restore) {
        boolean replace = Boolean.TRUE.equals(restore.replace());
        String into = replace ? required("into", restore.into()) : restore.into();
        return new RestoreRequest(
                backup.id(),
                into == null || into.isBlank() ? RestoreRequest.newName(backup.id(), clock.instant()) : into,
                replace,
                Boolean.TRUE.equals(restore.schemaOnly()),
                restore.tables() == null ? List.of() : restore.tables(),
                Boolean.TRUE.equals(restore.privileged()));
    }

    private static String required(String name, @Nullable String value) {
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException("'%s' is missing.".formatted(name));
        }
        return value;
    }

    private static String reason(Why why) {
        return why.why() == null || why.why().isBlank() ? "requested over HTTP" : why.why();
    }

    private static BackupFailure noTask(String task) {
        return new BackupFailure(Reason.NOT_FOUND, "There is no task %s.".formatted(task));
    }

    private static ResponseEntity<Task> accepted(Task task) {
        return ResponseEntity.accepted()
                .location(URI.create("/api/backups/tasks/" + task.id()))
                .body(task);
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> failed(BackupFailure failure) {
        HttpStatus status = switch (failure.reason()) {
            case NOT_FOUND -> HttpStatus.NOT_FOUND;
            case BUSY, NOT_CONFIGURED, REFUSED -> HttpStatus.CONFLICT;
            case CONNECTION, STORAGE -> HttpStatus.SERVICE_UNAVAILABLE;
            case SPACE -> HttpStatus.INSUFFICIENT_STORAGE;
            default -> HttpStatus.INTERNAL_SERVER_ERROR;
        };
        ProblemDetail problem = detail(status, failure.getMessage());
        problem.setProperty("reason", failure.reason().label());
        return ResponseEntity.status(status).body(problem);
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> wrong(IllegalArgumentException wrong) {
        return problem(HttpStatus.BAD_REQUEST, wrong.getMessage());
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> notConfirmed(NotConfirmed notConfirmed) {
        return problem(HttpStatus.CONFLICT, notConfirmed.getMessage());
    }

    private static ResponseEntity<ProblemDetail> problem(HttpStatus status, @Nullable String detail) {
        return ResponseEntity.status(status).body(detail(status, detail));
    }

    private static ProblemDetail detail(HttpStatus status, @Nullable String detail) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, String.valueOf(detail));
        problem.setProperty("request_id", MDC.get("request_id"));
        return problem;
    }

    /** Says that the name of the live database to replace was not confirmed. */
    static final class NotConfirmed extends RuntimeException {

        private static final long serialVersionUID = 1L;

        NotConfirmed(String message) {
            super(message);
        }
    }
}
