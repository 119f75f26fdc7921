package dev.sidecar.prometheus;

import java.time.Duration;
import java.time.Instant;

/**
 * Something that Prometheus scrapes.
 *
 * @param job the scrape job
 * @param instance the address as labelled
 * @param up whether the last scrape succeeded
 * @param error why it did not; empty if it did
 * @param lastScrape when it was last tried
 * @param interval how often it is tried
 */
public record Target(String job, String instance, boolean up, String error, Instant lastScrape, Duration interval) {}
