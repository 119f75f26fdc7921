package dev.sidecar.checks;

import dev.sidecar.text.Durations;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** The condition that the one value of a check must meet. */
sealed interface Expectation {

    /** Says it for a person, as the end of "expected …". */
    String words();

    /** The SQL that gives the value as a text. @param value the name of the column that holds it */
    default String asText(String value) {
        return value + "::pg_catalog.text";
    }

    /** Judges the value. @param value as {@link #asText} gives it @param takenAt when the backup was taken */
    Judgement judge(String value, Instant takenAt);

    /** @param held whether the value is as expected @param found the value, for a person */
    record Judgement(boolean held, String found) {}

    /** A certain value. Numbers may be written in another way. */
    record Equal(String value) implements Expectation {

        @Override
        public String words() {
            return value;
        }

        @Override
        public Judgement judge(String found, Instant takenAt) {
            Optional<BigDecimal> expected = number(value);
            Optional<BigDecimal> number = number(found);
            boolean equal = expected.isPresent() && number.isPresent()
                    ? expected.get().compareTo(number.get()) == 0
                    : value.equals(found);
            return new Judgement(equal, found);
        }
    }

    /** A number, or a larger one. */
    record AtLeast(BigDecimal least) implements Expectation {

        @Override
        public String words() {
            return "at least " + least.toPlainString();
        }

        @Override
        public Judgement judge(String found, Instant takenAt) {
            return number(found)
                    .map(number -> new Judgement(number.compareTo(least) >= 0, found))
                    .orElseGet(() -> new Judgement(false, found + ", which is not a number"));
        }
    }

    /** A time that was not long before the backup was taken. */
    record NotOlderThan(Duration age) implements Expectation {

        /** A time without a zone may be one of any. What is later shows nothing: it stays the newest for ever. */
        private static final Duration FUTURE = Duration.ofHours(24);

        @Override
        public String words() {
            return "not older than %s before the backup".formatted(Durations.of(age));
        }

        @Override
        public String asText(String value) {
            return "pg_catalog.date_part('epoch', %s::pg_catalog.timestamptz)::pg_catalog.text".formatted(value);
        }

        @Override
        public Judgement judge(String found, Instant takenAt) {
            Instant newest;
            try {
                BigDecimal seconds = number(found).orElseThrow(() -> new DateTimeException(found));
                newest = Instant.ofEpochMilli(
                        seconds.movePointRight(3).toBigInteger().longValueExact());
            } catch (DateTimeException | ArithmeticException e) {
                return new Judgement(false, found + ", which is not a time");
            }
            Duration before = Duration.between(newest, takenAt);
            return before.isNegative()
                    ? new Judgement(
                            before.negated().compareTo(FUTURE) <= 0,
                            "%s, %s after the backup".formatted(newest, Durations.of(before.negated())))
                    : new Judgement(
                            before.compareTo(age) <= 0,
                            "%s, %s before the backup".formatted(newest, Durations.of(before)));
        }
    }

    /** Reads a number of a sane size: a stranger's exponent must not make us write out a million digits. */
    static Optional<BigDecimal> number(String text) {
        try {
            BigDecimal number = new BigDecimal(text.strip());
            return Math.abs((long) number.scale()) > 1_000 || number.precision() > 1_000
                    ? Optional.empty()
                    : Optional.of(number);
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }
}
