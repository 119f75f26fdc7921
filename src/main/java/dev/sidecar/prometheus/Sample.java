package dev.sidecar.prometheus;

import java.util.Map;

/**
 * One element of an instant query's result.
 *
 * @param labels its labels, the metric's name among them if there is one
 * @param value its value; NaN and infinities are possible
 */
public record Sample(Map<String, String> labels, double value) {}
