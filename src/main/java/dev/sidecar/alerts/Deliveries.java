package dev.sidecar.alerts;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Knows of each alert that fires now whether people were told.
 *
 * @param at when that was looked at
 * @param reachesPeople whether Alertmanager has a channel to people at all
 * @param delivered the number of alerts that every channel of their receivers took
 * @param waiting the number of those that began so lately that Alertmanager may still wait
 * @param muted the number of those that a silence or an inhibition mutes
 * @param undelivered the alerts that a channel did not take
 * @param unconfirmed the alerts of which nobody can say whether a channel took them
 */
public record Deliveries(
        Instant at,
        boolean reachesPeople,
        int delivered,
        int waiting,
        int muted,
        List<Undelivered> undelivered,
        List<Undelivered> unconfirmed) {

    /** Why an alert was not delivered; also the label of the metric. */
    public enum Cause {
        /** Alertmanager does not know of it, although Prometheus has had it fire for minutes. */
        NOT_KNOWN,
        /** A silence mutes it that mutes everything. */
        SILENCED,
        /** Its receiver has no channel that leads to people. */
        NO_CHANNEL,
        /** The channel tried and failed. */
        FAILED,
        /** The channel did not try. */
        NOT_SENT,
        /** The receipt may have been lost. */
        UNKNOWN;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * An alert that was not delivered, or not by every channel.
     *
     * @param alert the alert
     * @param began when it began; before {@code alert.since()} if it fires again after a short break
     * @param missing the channels that did not take it
     * @param repeatInterval after how long people are told of the same again
     */
    public record Undelivered(FiringAlert alert, Instant began, List<Missing> missing, Duration repeatInterval) {

        public Undelivered {
            missing = List.copyOf(missing);
        }

        /** The name of the alert. */
        public String name() {
            return alert.labels().getOrDefault("alertname", "an alert without a name");
        }

        /** The channels that did not take it, and why, in one line. */
        public String why() {
            return missing.stream().map(Missing::toString).collect(Collectors.joining("; "));
        }
    }

    /**
     * A channel that did not take an alert.
     *
     * @param where the channel, or the receiver if it has none
     * @param cause why not
     * @param why why not, as a sentence without its end
     */
    public record Missing(String where, Cause cause, String why) {

        @Override
        public String toString() {
            return where + ": " + why;
        }
    }
}
