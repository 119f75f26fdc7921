package dev.sidecar.proofs;

import dev.sidecar.text.ServerErrors;
import java.util.Collection;
import java.util.List;

/**
 * The result of a drill.
 *
 * @param verdict the verdict
 * @param applicable false if a part that it needs is not configured
 * @param starting whether its subject may still be starting, so that it is too early for a verdict
 * @param evidence a sentence with figures that you can check
 * @param details the lines that the sentence sums up; may be empty
 */
public record Finding(Verdict verdict, boolean applicable, boolean starting, String evidence, List<String> details) {

    /** Copies the details, and leaves out the rows that errors of PostgreSQL quote. */
    public Finding {
        evidence = ServerErrors.withoutRows(evidence);
        details = details.stream().map(ServerErrors::withoutRows).toList();
    }

    public static Finding held(String evidence, Object... arguments) {
        return new Finding(Verdict.HELD, true, false, evidence.formatted(arguments), List.of());
    }

    public static Finding broken(String evidence, Object... arguments) {
        return new Finding(Verdict.BROKEN, true, false, evidence.formatted(arguments), List.of());
    }

    public static Finding inconclusive(String reason, Object... arguments) {
        return new Finding(Verdict.INCONCLUSIVE, true, false, reason.formatted(arguments), List.of());
    }

    public static Finding notConfigured(String whatToSet) {
        return new Finding(Verdict.INCONCLUSIVE, false, false, whatToSet, List.of());
    }

    /** Held if the condition is true, else broken, with the same evidence. */
    public static Finding heldIf(boolean condition, String evidence, Object... arguments) {
        return condition ? held(evidence, arguments) : broken(evidence, arguments);
    }

    /** The same, as seen too early to be a verdict. */
    Finding tooEarly() {
        return new Finding(Verdict.INCONCLUSIVE, applicable, true, evidence, details);
    }

    public Finding with(Collection<String> lines) {
        return new Finding(verdict, applicable, starting, evidence, List.copyOf(lines));
    }

    /** Lists things as evidence does: {@code api, nginx}. */
    public static String list(Collection<?> things) {
        return String.join(", ", things.stream().map(Object::toString).toList());
    }
}
