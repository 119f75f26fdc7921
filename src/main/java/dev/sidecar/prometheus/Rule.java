package dev.sidecar.prometheus;

import java.time.Instant;
import java.util.Map;

/**
 * A rule that Prometheus evaluates.
 *
 * @param name the alert's name, or the recorded metric's
 * @param group its group
 * @param alerting true for an alerting rule, false for a recording rule
 * @param expression its PromQL
 * @param healthy whether the last evaluation succeeded
 * @param error why it failed; empty if it succeeded
 * @param lastEvaluation when that was; the epoch if never
 * @param labels the labels that it adds
 */
public record Rule(
        String name,
        String group,
        boolean alerting,
        String expression,
        boolean healthy,
        String error,
        Instant lastEvaluation,
        Map<String, String> labels) {}
