package dev.sidecar.alerts;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Alertmanager says that an alert was kept from people as another one explains it.
 *
 * @param at when, by Alertmanager's clock
 * @param rules the names of the inhibition rules that did it
 * @param labels the labels of the muted alert
 */
public record Muted(Instant at, List<String> rules, Map<String, String> labels) {}
