/**
 * The dashboards of {@code grafana/dashboards}, written once in Java and kept as the JSON that Grafana reads.
 *
 * <p>A hundred panels by hand drift apart: one forgets its unit, the next its description. Here a panel is a sentence, and
 * what all have in common is said once. {@code ./regenerate dashboards} writes the files, and {@code DashboardsTest} fails when they are
 * not what this says.
 */
@NullMarked
package dev.sidecar.panels;

import org.jspecify.annotations.NullMarked;
