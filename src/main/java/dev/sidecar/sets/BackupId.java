package dev.sidecar.sets;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Identifies one backup: {@code <database>.<when taken, UTC>.<generation>.<random>}, such as
 * {@code shop.20261123T020003Z.daily.7f3a90c1}. It is also the name of the folder that holds the set, and is never used twice, even when the
 * clock jumps back. Every byte of the database's name that is not a letter, digit, dash or underscore is written as {@code ~} and
 * two hexadecimal digits, so that the name can be read back exactly and can never leave its folder.
 *
 * @param database the database's exact name
 * @param takenAt when the backup began, to the second
 * @param generation the schedule it was taken for
 * @param suffix eight hexadecimal digits
 */
public record BackupId(String database, Instant takenAt, Generation generation, String suffix)
        implements Comparable<BackupId> {

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final Pattern TEXT = Pattern.compile(
            "((?:[A-Za-z0-9_-]|~[0-9a-f]{2})+)\\.(\\d{8}T\\d{6}Z)\\.(daily|weekly|monthly|manual)\\.([0-9a-f]{8})");
    private static final Pattern SUFFIX = Pattern.compile("[0-9a-f]{8}");
    private static final SecureRandom RANDOM = new SecureRandom();

    public BackupId {
        if (database.isEmpty() || !SUFFIX.matcher(suffix).matches()) {
            throw new IllegalArgumentException("a backup id needs a database and eight hexadecimal digits");
        }
        takenAt = takenAt.truncatedTo(ChronoUnit.SECONDS);
    }

    /** Creates a new id with a random suffix. */
    public static BackupId next(String database, Instant takenAt, Generation generation) {
        return new BackupId(database, takenAt, generation, HexFormat.of().toHexDigits(RANDOM.nextInt()));
    }

    /** Reads what {@link #toString()} wrote. @throws IllegalArgumentException if it is not the id of a backup */
    @JsonCreator
    public static BackupId parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw notAnId(text);
        }
        try {
            return new BackupId(
                    decode(matcher.group(1)),
                    LocalDateTime.parse(matcher.group(2), STAMP).toInstant(ZoneOffset.UTC),
                    Generation.of(matcher.group(3)),
                    matcher.group(4));
        } catch (CharacterCodingException | DateTimeException e) {
            throw notAnId(text);
        }
    }

    /** Encodes a database's name for ids and file names. */
    public static String encode(String name) {
        StringBuilder encoded = new StringBuilder();
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            if (c < 128 && (Character.isLetterOrDigit(c) || c == '-' || c == '_')) {
                encoded.append(c);
            } else {
                encoded.append('~').append(HexFormat.of().toHexDigits(b));
            }
        }
        return encoded.toString();
    }

    private static String decode(String encoded) throws CharacterCodingException {
        ByteBuffer bytes = ByteBuffer.allocate(encoded.length());
        for (int i = 0; i < encoded.length(); i++) {
            if (encoded.charAt(i) == '~') {
                bytes.put((byte) HexFormat.fromHexDigits(encoded, i + 1, i + 3));
                i += 2;
            } else {
                bytes.put((byte) encoded.charAt(i));
            }
        }
        return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    }

    private static IllegalArgumentException notAnId(String text) {
        return new IllegalArgumentException(
                "'%s' is not the id of a backup; 'sidecar list' shows the ids.".formatted(text));
    }

    /** Sorts older backups first, and those of one second by name, so that the order is total. */
    @Override
    public int compareTo(BackupId other) {
        int byTime = takenAt.compareTo(other.takenAt);
        return byTime != 0 ? byTime : toString().compareTo(other.toString());
    }

    @Override
    @JsonValue
    public String toString() {
        return encode(database) + "." + STAMP.format(takenAt) + "." + generation.label() + "." + suffix;
    }
}
