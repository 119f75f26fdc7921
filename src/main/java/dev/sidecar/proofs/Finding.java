package dev.sidecar.proofs;

import java.util.Collection;
import java.util.List;

/**
 * The result of a drill.
 *
 * @param verdict the verdict
 * @param applicable false if a part that it needs is not configured, so that it does not count
 * @param evidence a sentence with figures that you can check
 * @param details the lines that the sentence sums up; may be empty
 */
public record Finding(Verdict verdict, boolean applicable, String evidence, List<String> details) {

    /** Copies the details. */
    public Finding {
        details = List.copyOf(details);
    }

    public static Finding held(String evidence, Object... arguments) {
        return new Finding(Verdict.HELD, true, evidence.formatted(arguments), List.of());
    }

    public static Finding broken(String evidence, Object... arguments) {
        return new Finding(Verdict.BROKEN, true, evidence.formatted(arguments), List.of());
    }

    public static Finding inconclusive(String reason, Object... arguments) {
        return new Finding(Verdict.INCONCLUSIVE, true, reason.formatted(arguments), List.of());
    }

    public static Finding notConfigured(String whatToSet) {
        return new Finding(Verdict.INCONCLUSIVE, false, whatToSet, List.of());
    }

    /** Held if the condition is true, else broken, with the same evidence. */
    public static Finding heldIf(boolean condition, String evidence, Object... arguments) {
        return condition ? held(evidence, arguments) : broken(evidence, arguments);
    }

    public Finding with(Collection<String> lines) {
        return new Finding(verdict, applicable, evidence, List.copyOf(lines));
    }

    /** Lists things as evidence does: {@code api, nginx}. */
    public static String list(Collection<?> things) {
        return String.join(", ", things.stream().map(Object::toString).toList());
    }
}
