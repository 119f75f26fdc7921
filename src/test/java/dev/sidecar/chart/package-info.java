/** The Helm chart: what it is made of, and what Helm makes of it. No cluster has seen it. */
@NullMarked
package dev.sidecar.chart;

import org.jspecify.annotations.NullMarked;
