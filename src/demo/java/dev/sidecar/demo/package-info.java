/** Starts what {@code ./run} has around the packaged sidecar: a throwaway PostgreSQL with real data, the sample API, light traffic. */
@NullMarked
package dev.sidecar.demo;

import org.jspecify.annotations.NullMarked;
