package dev.sidecar.jobs;

import dev.sidecar.settings.InvalidSetting;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.Optional;
import org.springframework.scheduling.support.CronExpression;

/** Gives the moments, called slots, at which a job is due. A slot is an instant of UTC, so that a changed clock cannot give one twice. */
public sealed interface Schedule {

    /** The first slot after the given moment; empty if there is none. */
    Optional<Instant> next(Instant after);

    /** The newest slot that is not after the given moment; empty if there was none within the last two years. */
    Optional<Instant> latest(Instant now);

    /**
     * Makes a schedule of wall-clock times.
     *
     * @param setting the setting that the expression comes from, for the message
     * @param expression a Spring cron expression of six fields, seconds first
     * @param zone the zone whose wall clock the expression means
     * @throws InvalidSetting if the expression is not valid
     */
    static Schedule cron(String setting, String expression, ZoneId zone) {
        InvalidSetting.unless(
                CronExpression.isValidExpression(expression),
                setting,
                expression,
                "be a cron expression of six fields (second minute hour day month weekday), such as '0 0 2 * * *'");
        return new Cron(CronExpression.parse(expression), zone);
    }

    /** Makes a schedule with a fixed period, counted from the epoch, so that a restart does not move the slots. */
    static Schedule every(Duration period) {
        return every(period, Duration.ZERO);
    }

    /** Makes a schedule with a fixed period, moved by an offset, so that jobs of the same period do not all run at once. */
    static Schedule every(Duration period, Duration offset) {
        if (period.isZero() || period.isNegative()) {
            throw new IllegalArgumentException("a period must be positive, not " + period);
        }
        return new Every(period, offset);
    }

    /**
     * Holds wall-clock times of a zone. Spring's own handling of zones loses a time that summer time skips and gives a time that comes
     * twice two slots; here a skipped time is due as much later as was skipped, and a repeated one the first time only.
     */
    record Cron(CronExpression expression, ZoneId zone) implements Schedule {

        private static final Duration LONGEST_CHANGE = Duration.ofHours(2);
        private static final Duration[] WINDOWS = {
            Duration.ofHours(2), Duration.ofDays(2), Duration.ofDays(9), Duration.ofDays(62), Duration.ofDays(731)
        };

        @Override
        public Optional<Instant> next(Instant after) {
            // A skipped wall-clock time lies before the moment that it is moved to.
            LocalDateTime wall = LocalDateTime.ofInstant(after, zone).minus(LONGEST_CHANGE);
            for (wall = expression.next(wall); wall != null; wall = expression.next(wall)) {
                Instant slot = wall.atZone(zone).toInstant();
                if (slot.isAfter(after)) {
                    return Optional.of(slot);
                }
            }
            return Optional.empty();
        }

        @Override
        public Optional<Instant> latest(Instant now) {
            for (Duration window : WINDOWS) {
                Optional<Instant> newest = latestWithin(window, now);
                if (newest.isPresent()) {
                    return newest;
                }
            }
            return Optional.empty();
        }

        private Optional<Instant> latestWithin(Duration window, Instant now) {
            Optional<Instant> newest = Optional.empty();
            Optional<Instant> slot = next(now.minus(window));
            while (slot.isPresent() && !slot.get().isAfter(now)) {
                newest = slot;
                slot = next(slot.get());
            }
            return newest;
        }
    }

    /** Holds the multiples of a period since the epoch, moved by an offset. */
    record Every(Duration period, Duration offset) implements Schedule {

        @Override
        public Optional<Instant> next(Instant after) {
            return Optional.of(slotAtOrBefore(after).plus(period));
        }

        @Override
        public Optional<Instant> latest(Instant now) {
            return Optional.of(slotAtOrBefore(now));
        }

        private Instant slotAtOrBefore(Instant moment) {
            long millis = moment.toEpochMilli() - offset.toMillis();
            return Instant.ofEpochMilli(
                    Math.floorDiv(millis, period.toMillis()) * period.toMillis() + offset.toMillis());
        }
    }
}
