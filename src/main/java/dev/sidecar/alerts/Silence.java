package dev.sidecar.alerts;

import java.time.Instant;
import java.util.List;

/**
 * A silence in Alertmanager: it notifies of no alert that all matchers match.
 *
 * @param id its ID; empty for one that does not exist yet
 * @param matchers what an alert must have
 * @param from when it begins
 * @param until when it ends by itself
 * @param by who made it
 * @param comment why
 */
public record Silence(String id, List<Matcher> matchers, Instant from, Instant until, String by, String comment) {

    /**
     * A matcher of a label.
     *
     * @param name the label
     * @param value its value, or a regular expression that the whole value must match
     * @param regex whether it is an expression
     */
    public record Matcher(String name, String value, boolean regex) {}
}
