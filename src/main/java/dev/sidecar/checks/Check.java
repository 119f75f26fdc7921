package dev.sidecar.checks;

import dev.sidecar.text.Limited;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One of the operator's own checks: a file that begins with a comment line such as {@code -- expect: 0}, and one query below it.
 *
 * @param name of its file without the ending
 * @param version tells its text from earlier ones
 * @param expectation what the query must answer
 * @param query without a semicolon at its end
 */
record Check(String name, String version, Expectation expectation, String query) {

    static final String ENDING = ".sql";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,59}");
    private static final int LARGEST = 64 * 1024;
    private static final int LONGEST_VALUE = 200;
    private static final int VERSION_DIGITS = 16;
    private static final Pattern HEADER = Pattern.compile("--+\\s*([A-Za-z]+(?:\\s+[A-Za-z]+){0,5})\\s*:(?!//)(.*)");
    private static final Pattern AGE = Pattern.compile("([1-9]\\d{0,5})\\s?([smhd])");

    private static final String EXPECT = "expect";
    private static final String AT_LEAST = "at least";
    private static final String NOT_OLDER = "newest not older than";
    private static final List<String> KEYS = List.of(EXPECT, AT_LEAST, NOT_OLDER);
    private static final String FORMS = "'-- expect: 0', '-- at least: 1000' or '-- newest not older than: 26h'";

    /** Reads the file of a check. @param shown its name for the operator */
    static Check read(Path file, String shown) throws InvalidCheck {
        String name = nameOf(file);
        if (!NAME.matcher(name).matches()) {
            throw new InvalidCheck(
                    shown,
                    "its name must be up to 60 letters, digits, dots, dashes or underscores, beginning with a letter or digit");
        }
        byte[] bytes = bytes(file, shown);
        String text = text(bytes, shown);
        int begin = endOfHeader(text);
        Expectation expectation = expectation(text, begin, shown);
        try {
            return new Check(name, version(bytes), expectation, SingleQuery.of(text.substring(begin)));
        } catch (SingleQuery.NoQuery e) {
            throw new InvalidCheck(shown, line(text, begin + e.offset()), String.valueOf(e.getMessage()));
        }
    }

    static String nameOf(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(ENDING) ? name.substring(0, name.length() - ENDING.length()) : name;
    }

    private static byte[] bytes(Path file, String shown) throws InvalidCheck {
        if (!Files.isRegularFile(file)) {
            throw new InvalidCheck(shown, "it is no file");
        }
        try (InputStream in = Files.newInputStream(file)) {
            return Limited.whole(in, LARGEST);
        } catch (IOException e) {
            throw new InvalidCheck(shown, "it cannot be read (%s)".formatted(e.getMessage()));
        }
    }

    private static String text(byte[] bytes, String shown) throws InvalidCheck {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return text.startsWith("\ufeff") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw new InvalidCheck(shown, "it is not in UTF-8");
        }
    }

    /** The header is the comment lines and empty lines at the beginning. */
    private static int endOfHeader(String text) {
        int at = 0;
        while (at < text.length()) {
            int newline = text.indexOf('\n', at);
            int next = newline < 0 ? text.length() : newline + 1;
            String line = text.substring(at, next).strip();
            if (!line.isEmpty() && !line.startsWith("--")) {
                return at;
            }
            at = next;
        }
        return at;
    }

    private static Expectation expectation(String text, int begin, String shown) throws InvalidCheck {
        Expectation found = null;
        int foundAt = 0;
        int number = 0;
        int at = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            boolean inHeader = at < begin;
            at += line.length() + 1;
            Matcher header = HEADER.matcher(line.strip());
            if (!header.matches()) {
                continue;
            }
            String key = header.group(1).toLowerCase(Locale.ROOT).replaceAll("\\s+", " ");
            if (!KEYS.contains(key)) {
                if (inHeader) {
                    throw new InvalidCheck(
                            shown,
                            number,
                            "'%s:' is none of %s; write a remark without a colon".formatted(header.group(1), FORMS));
                }
                continue;
            }
            if (!inHeader) {
                throw new InvalidCheck(shown, number, "'-- %s:' must stand above the query".formatted(key));
            }
            if (found != null) {
                throw new InvalidCheck(
                        shown, number, "there is a second expectation, besides that of line %d".formatted(foundAt));
            }
            found = expectation(key, header.group(2).strip(), shown, number);
            foundAt = number;
        }
        if (found == null) {
            throw new InvalidCheck(
                    shown, 1, "it must begin with a comment line that states the expected result: " + FORMS);
        }
        return found;
    }

    private static Expectation expectation(String key, String value, String shown, int line) throws InvalidCheck {
        return switch (key) {
            case EXPECT -> {
                if (value.isEmpty() || value.length() > LONGEST_VALUE) {
                    throw new InvalidCheck(
                            shown,
                            line,
                            "'-- expect:' needs a value of 1 to %d characters, such as '-- expect: 0'"
                                    .formatted(LONGEST_VALUE));
                }
                yield new Expectation.Equal(value);
            }
            case AT_LEAST -> {
                Optional<BigDecimal> number = Expectation.number(value);
                if (number.isEmpty()) {
                    throw new InvalidCheck(
                            shown, line, "'%s' is no number; write '-- at least: 1000'".formatted(value));
                }
                yield new Expectation.AtLeast(number.get());
            }
            default -> new Expectation.NotOlderThan(age(value, shown, line));
        };
    }

    private static Duration age(String value, String shown, int line) throws InvalidCheck {
        Matcher age = AGE.matcher(value);
        if (!age.matches()) {
            throw new InvalidCheck(
                    shown,
                    line,
                    "'%s' is no age; write a number with s, m, h or d: '-- newest not older than: 26h'"
                            .formatted(value));
        }
        long number = Long.parseLong(age.group(1));
        return switch (age.group(2)) {
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }

    private static int line(String text, int offset) {
        return 1
                + (int) text.substring(0, Math.min(offset, text.length()))
                        .chars()
                        .filter(c -> c == '\n')
                        .count();
    }

    private static String version(byte[] bytes) {
        try {
            String digest = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
            return digest.substring(0, VERSION_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
