package dev.sidecar.prometheus;

import java.time.Duration;
import java.time.Instant;

/**
 * A target that Prometheus scrapes.
 *
 * @param job the scrape job
 * @param instance the label {@code instance}
 * @param up whether the last scrape succeeded
 * @param error why it failed; empty if it succeeded
 * @param lastScrape when Prometheus last scraped it
 * @param interval how often Prometheus scrapes it
 */
public record Target(String job, String instance, boolean up, String error, Instant lastScrape, Duration interval) {}
