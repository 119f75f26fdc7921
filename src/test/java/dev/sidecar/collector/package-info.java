/** The way of a log line: Alloy's configuration and Loki's, tried with the real programs. */
@NullMarked
package dev.sidecar.collector;

import org.jspecify.annotations.NullMarked;
