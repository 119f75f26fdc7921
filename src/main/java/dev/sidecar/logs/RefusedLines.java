package dev.sidecar.logs;

import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads from Loki's answer 400 how many lines of a batch it refused. Loki stores the others: it judges each line alone and lists the
 * complaints, equal ones together with their number.
 */
final class RefusedLines {

    private static final Pattern BETWEEN_COMPLAINTS = Pattern.compile("; (?=\\d{1,6} errors like: )");
    private static final Pattern NUMBER = Pattern.compile("(\\d{1,6}) errors like: ");

    /** Complaints about one line; every other is about a stream or about the whole batch. */
    private static final Pattern ABOUT_A_LINE =
            Pattern.compile("has timestamp too (?:new|old): |max entry size '\\d+' bytes exceeded"
                    + "|has structured metadata too large: |has too many structured metadata labels: ");

    private RefusedLines() {}

    /** Counts the refused lines; empty if the answer does not tell. */
    static OptionalInt in(String answer) {
        int refused = 0;
        for (String complaint : BETWEEN_COMPLAINTS.split(answer.strip())) {
            if (!ABOUT_A_LINE.matcher(complaint).find()) {
                return OptionalInt.empty();
            }
            Matcher number = NUMBER.matcher(complaint);
            refused += number.lookingAt() ? Integer.parseInt(number.group(1)) : 1;
        }
        return OptionalInt.of(refused);
    }
}
