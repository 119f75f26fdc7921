package dev.sidecar.sets;

import dev.sidecar.text.HostileText;
import java.util.List;

/**
 * The finding of one of the operator's own checks in a restored copy of a backup. The texts are short and stand on one line: they come from
 * the database, and are shown and stored as they are.
 *
 * @param check its name, that of its file without the ending
 * @param version tells the text of the check from earlier ones, in hexadecimal
 * @param outcome what it means for the backup
 * @param expected what the check asks for, such as {@code 0} or {@code at least 1000}
 * @param found what the restored copy answered, or why it gave no answer
 */
public record CheckResult(String check, String version, CheckOutcome outcome, String expected, String found) {

    private static final int LONGEST = 300;

    public CheckResult {
        check = oneLine(check);
        version = oneLine(version);
        expected = oneLine(expected);
        found = oneLine(found);
    }

    /** The closed list of outcomes. */
    public enum CheckOutcome {
        /** The restored copy answers as expected. */
        HELD("held"),
        /** It answers otherwise, or what the check asks for is not in it. Only this makes a backup suspect. */
        FAILED("FAILED"),
        /** It gave no answer in time, or had no room for one, which says nothing about the backup. */
        UNANSWERED("got no answer"),
        /** The file of the check cannot be used, which says nothing about the backup. */
        INVALID("cannot be used");

        private final String words;

        CheckOutcome(String words) {
            this.words = words;
        }
    }

    /** Tells whether the restored copy answered as expected. */
    public boolean held() {
        return outcome == CheckOutcome.HELD;
    }

    /** Says the same for a person. */
    public String sentence() {
        return switch (outcome) {
            case HELD, FAILED ->
                "Check %s %s: expected %s, found %s.".formatted(check, outcome.words, expected, endless(found));
            case UNANSWERED, INVALID -> "Check %s %s: %s.".formatted(check, outcome.words, endless(found));
        };
    }

    /** Sums up all checks of a backup: {@code 2 of 2 checks held}. */
    public static String summary(List<CheckResult> results) {
        return "%d of %d %s held"
                .formatted(
                        results.stream().filter(CheckResult::held).count(),
                        results.size(),
                        results.size() == 1 ? "check" : "checks");
    }

    private static String endless(String sentence) {
        return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
    }

    private static String oneLine(String text) {
        String line = HostileText.line(text);
        return line.length() > LONGEST ? line.substring(0, LONGEST - 1) + "…" : line;
    }
}
