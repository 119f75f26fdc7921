package dev.sidecar.text;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Tries a regular expression that a stranger wrote for Alertmanager. Its engine needs time in proportion to the text; ours can be made to
 * search for hours, and reads some signs in another way.
 */
public final class StrangersPattern {

    private static final int LONGEST = 20_000;
    private static final int DEEPEST = 20;

    /** The syntax that both engines read alike; no sign for a kind of letters, no flags, no class within a class. */
    private static final Pattern KNOWN = Pattern.compile(
            "[A-Za-z0-9_ /:,@%~=<>\"'#;!&-]|\\\\[.()\\[\\]{}*+?|^$/-]|\\[\\^?[A-Za-z0-9_ .-]+]|\\(\\?:|[.|()*+?^$]|\\{\\d{1,3}(?:,\\d{0,3})?}");

    private StrangersPattern() {}

    /**
     * Tells whether the expression fits the whole of a text; empty if that cannot be told.
     *
     * @param effort what may still be spent, on this one and on others
     */
    public static Optional<Boolean> matches(String expression, String text, Effort effort) {
        if (!isKnown(expression)) {
            return Optional.empty();
        }
        try {
            effort.spend(expression.length());
            return Optional.of(Pattern.compile(expression)
                    .matcher(new Watched(text, effort))
                    .matches());
        } catch (PatternSyntaxException | TooMuch | StackOverflowError e) {
            return Optional.empty();
        }
    }

    private static boolean isKnown(String expression) {
        if (expression.length() > LONGEST) {
            return false;
        }
        Matcher signs = KNOWN.matcher(expression);
        int depth = 0;
        for (int at = 0; at < expression.length(); at = signs.end()) {
            if (!signs.region(at, expression.length()).lookingAt()) {
                return false;
            }
            depth += signs.group().startsWith("(") ? 1 : signs.group().equals(")") ? -1 : 0;
            if (depth > DEEPEST) {
                return false;
            }
        }
        return true;
    }

    /** How many letters may be looked at: a second's worth at most, whatever silences there are. */
    public static final class Effort {

        private long left = 5_000_000;

        private void spend(int letters) {
            left -= letters;
            if (left < 0) {
                throw new TooMuch();
            }
        }
    }

    /** A text that counts how often it is looked at. */
    private record Watched(CharSequence text, Effort effort) implements CharSequence {

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            effort.spend(1);
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return new Watched(text.subSequence(start, end), effort);
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }

    private static final class TooMuch extends RuntimeException {

        private static final long serialVersionUID = 1L;

        TooMuch() {
            super("too much to search", null, false, false);
        }
    }
}
