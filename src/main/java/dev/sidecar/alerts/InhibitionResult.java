package dev.sidecar.alerts;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of a drill of an inhibition: a source and a target that nobody but the sidecar is told of.
 *
 * @param rule the name of the rule
 * @param muted whether the target was muted
 * @param by the names of the rules that Alertmanager says did it
 * @param delivered whether the target was delivered
 * @param took until that was known
 * @param problem why there is no result; null if there is
 */
public record InhibitionResult(
        String rule,
        boolean muted,
        List<String> by,
        boolean delivered,
        Duration took,
        @Nullable String problem) {}
