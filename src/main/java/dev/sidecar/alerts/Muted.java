package dev.sidecar.alerts;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Alertmanager recorded that it inhibited an alert because another one explains it.
 *
 * @param at when, by Alertmanager's clock
 * @param rules the names of the inhibition rules that did it
 * @param labels the labels of the muted alert
 */
public record Muted(Instant at, List<String> rules, Map<String, String> labels) {}
