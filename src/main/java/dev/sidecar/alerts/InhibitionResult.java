package dev.sidecar.alerts;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The result of an inhibition drill: a source and a target that only the sidecar is notified of.
 *
 * @param rule the name of the rule
 * @param muted whether the target was muted
 * @param by the names of the rules that muted it, as Alertmanager reports them
 * @param delivered whether the target was delivered
 * @param took until that was known
 * @param problem why the drill could not run; null if it ran
 */
public record InhibitionResult(
        String rule,
        boolean muted,
        List<String> by,
        boolean delivered,
        Duration took,
        @Nullable String problem) {}
