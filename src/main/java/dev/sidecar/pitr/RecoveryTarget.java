package dev.sidecar.pitr;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.text.HostileText;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How far a recovery goes.
 *
 * @param moment the last whose transactions it has; empty for another kind
 * @param lsn the last position that it has; empty for another kind. With neither it has all that is archived
 */
public record RecoveryTarget(Optional<Instant> moment, Optional<Long> lsn) {

    /** All that is archived. */
    public static final RecoveryTarget LATEST = new RecoveryTarget(Optional.empty(), Optional.empty());

    private static final int LONGEST_QUOTED = 100;
    private static final Pattern LSN = Pattern.compile("([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})");
    private static final Pattern WITHOUT_ZONE =
            Pattern.compile("\\d{4}-\\d\\d-\\d\\d([ T]\\d\\d:\\d\\d(:\\d\\d([.,]\\d+)?)?)?");
    private static final DateTimeFormatter TIME = new DateTimeFormatterBuilder()
            .appendPattern("uuuu-MM-dd")
            .appendLiteral(' ')
            .appendPattern("HH:mm[:ss]")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .appendOffset("+HH:mm", "Z")
            .toFormatter(Locale.ROOT)
            .withResolverStyle(java.time.format.ResolverStyle.STRICT);
    /** PostgreSQL would take these words for a moment, but none says when a clock showed it. */
    private static final Pattern WORD =
            Pattern.compile("(?i)(now|today|tomorrow|yesterday|epoch|allballs|latest|[+-]?infinity)\\b.*");

    /** As in a server's log whose zone is not UTC. A name means two offsets, and an abbreviation means several zones. */
    private static final Pattern NAMED_ZONE = Pattern.compile(
            "\\d{4}-\\d\\d-\\d\\d[ Tt]\\d\\d:\\d\\d(:\\d\\d([.,]\\d+)?)? ?\\[?(?![AaPp]\\.?[Mm]\\b)[A-Za-z][A-Za-z/_+:0-9-]+]?");

    private static final Pattern MIDNIGHT = Pattern.compile("\\d{4}-\\d\\d-\\d\\d[ Tt]24:.*");
    private static final Pattern LEAP_SECOND = Pattern.compile("\\d{4}-\\d\\d-\\d\\d[ Tt]\\d\\d:\\d\\d:60.*");
    /** No place has had others. */
    private static final int WESTMOST_HOURS = -12;

    private static final int EASTMOST_HOURS = 14;
    private static final int HOUR_SECONDS = 3_600;
    /** PostgreSQL's configuration takes no year of five digits, and none before our era as we would write it. */
    private static final Instant FIRST = Instant.parse("1970-01-01T00:00:00Z");

    private static final Instant LAST = Instant.parse("9999-12-31T00:00:00Z");
    private static final DateTimeFormatter FOR_POSTGRES = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd HH:mm:ss.SSSSSS'+00'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    /** Reads a moment with its time zone. @throws BackupFailure that says what is wrong with it */
    public static RecoveryTarget time(String text) {
        String written = text.strip();
        if (WITHOUT_ZONE.matcher(written).matches()) {
            throw wrong(
                    written,
                    "has no time zone: add its offset, such as +00 for UTC. A zone that is guessed wrongly recovers another hour");
        }
        String plain = written.replaceFirst("^(\\d{4}-\\d\\d-\\d\\d)[Tt]", "$1 ")
                .replaceFirst("(?i) ?(UTC|GMT|Z)$", "Z")
                .replaceFirst(" ?([+-]\\d\\d)$", "$1:00")
                .replaceFirst(" ?([+-]\\d\\d)(\\d\\d)$", "$1:$2")
                .replaceFirst(" ([+-]\\d\\d:\\d\\d)$", "$1");
        try {
            OffsetDateTime parsed = OffsetDateTime.parse(plain, TIME);
            int offset = parsed.getOffset().getTotalSeconds();
            if (offset < WESTMOST_HOURS * HOUR_SECONDS || offset > EASTMOST_HOURS * HOUR_SECONDS) {
                throw wrong(written, "has the offset of no time zone: they go from -12 to +14");
            }
            // A commit has microseconds: what is less than one of them changes nothing.
            Instant moment = parsed.toInstant().truncatedTo(ChronoUnit.MICROS);
            if (moment.isAfter(FIRST) && moment.isBefore(LAST)) {
                return new RecoveryTarget(Optional.of(moment), Optional.empty());
            }
            throw noMoment(written);
        } catch (DateTimeException e) {
            throw noMoment(written);
        }
    }

    private static BackupFailure noMoment(String written) {
        if (WORD.matcher(written).matches()) {
            return wrong(
                    written,
                    "is no moment that a clock showed: write one as '2026-11-27 02:13:00+00', or use --latest for the newest archived WAL");
        }
        if (NAMED_ZONE.matcher(written).matches()) {
            return wrong(
                    written,
                    "names a time zone: write its offset as a number, such as +01 for CET and +02 for CEST. A name has another offset in summer, and an hour twice when that ends");
        }
        if (MIDNIGHT.matcher(written).matches()) {
            return wrong(written, "is no moment: a day ends before 24:00; write 00:00:00 of the next day");
        }
        if (LEAP_SECOND.matcher(written).matches()) {
            return wrong(
                    written,
                    "is no moment: PostgreSQL's clock has no leap second; write :59, or :00 of the next minute");
        }
        return wrong(
                written,
                "is no moment: write it as '2026-11-27 02:13:00+00', with the offset of its time zone as a number");
    }

    /** Reads a position in the WAL. @throws BackupFailure if it is none */
    public static RecoveryTarget lsn(String text) {
        Optional<Long> position = position(text.strip());
        if (position.isEmpty()) {
            throw wrong(text, "is no position in the WAL: write it as 16/B374D848");
        }
        return new RecoveryTarget(Optional.empty(), position);
    }

    static Optional<Long> position(String written) {
        Matcher parts = LSN.matcher(written);
        return parts.matches()
                ? Optional.of(Segment.hex(parts.group(1)) << 32 | Segment.hex(parts.group(2)))
                : Optional.empty();
    }

    static RecoveryTarget at(Instant moment) {
        return new RecoveryTarget(Optional.of(moment), Optional.empty());
    }

    private static BackupFailure wrong(String text, String what) {
        String line = HostileText.line(text.length() > LONGEST_QUOTED ? text.substring(0, LONGEST_QUOTED) + "…" : text);
        return new BackupFailure(Reason.NOT_CONFIGURED, "'%s' %s.".formatted(line, what));
    }

    /** The lines of PostgreSQL's configuration that say it. */
    String configuration() {
        return moment.map(at -> "recovery_target_time = '%s'%n".formatted(FOR_POSTGRES.format(at)))
                .or(() -> lsn.map(at -> "recovery_target_lsn = '%s'%n".formatted(written(at))))
                .orElse("");
    }

    static String written(long lsn) {
        return "%X/%X".formatted(lsn >>> 32, lsn & 0xFFFF_FFFFL);
    }

    /** Says it for a person, in UTC. */
    public String words() {
        return moment.map(at -> FOR_POSTGRES.format(at))
                .or(() -> lsn.map(RecoveryTarget::written))
                .orElse("the newest archived WAL");
    }
}
