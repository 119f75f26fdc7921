/**
 * The dashboards of {@code grafana/dashboards}, written once in Java and kept as the JSON that Grafana reads.
 *
 * <p>A hundred panels by hand drift apart: one forgets its unit, the next its description. Here a panel is a sentence, and
 * what all have in common is said once. {@code DashboardsTest} fails when the files are not what this says; to write them
 * anew: {@code mvn -Dtest=DashboardsTest -Ddashboards.write=true test}.
 */
@NullMarked
package dev.sidecar.grafana;

import org.jspecify.annotations.NullMarked;
