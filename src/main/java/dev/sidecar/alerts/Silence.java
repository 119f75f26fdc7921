package dev.sidecar.alerts;

import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A silence in Alertmanager: it notifies of no alert that all matchers match.
 *
 * @param id its ID; empty for one that does not exist yet
 * @param matchers what an alert must have
 * @param from when it begins
 * @param until when it ends by itself
 * @param by who made it
 * @param comment why
 */
public record Silence(String id, List<Matcher> matchers, Instant from, Instant until, String by, String comment) {

    /** Where something is and how bad: what alerts of everything have in common. */
    private static final List<String> COMMON = List.of("stack", "severity", "category", "job", "role", "environment");

    /**
     * Tells whether it mutes more than anybody can mean: it names no alert, no service and no other host, but says at most what not to mute,
     * or what many have in common. Whoever wants nobody to hear of anything makes one of these.
     *
     * @param host this one, on which everything may run
     */
    boolean isOfEverything(String host) {
        return matchers.stream().noneMatch(matcher -> matcher.names(host));
    }

    /**
     * A matcher of a label.
     *
     * @param name the label
     * @param value its value, or a regular expression that the whole value must match
     * @param regex whether it is an expression
     * @param unequal whether the value must be another, or one that does not match
     */
    public record Matcher(String name, String value, boolean regex, boolean unequal) {

        /** What stands around the words that an expression begins with. */
        private static final Pattern OPENING = Pattern.compile("^[\\^(]*(\\?:)?");

        /** One sign more than what makes the last of them optional can take away. */
        private static final Pattern WORDS = Pattern.compile("[A-Za-z0-9_/ -]{3}.*", Pattern.DOTALL);

        /** One whose label must have the value. */
        public Matcher(String name, String value, boolean regex) {
            this(name, value, regex, false);
        }

        /** The expression is a stranger's, who could have us search for hours: it is looked at, and not run. */
        private boolean names(String host) {
            if (name.equals("severity") && !regex && !unequal && !value.equals("critical")) {
                // A weekend without warnings is a team's own choice: what wakes people still does.
                return true;
            }
            if (unequal || value.isEmpty() || COMMON.contains(name) || (name.equals("host") && value.equals(host))) {
                return false;
            }
            return !regex
                    || Stream.of(OPENING.matcher(value).replaceFirst("").split("\\|", -1))
                            .allMatch(one -> WORDS.matcher(one).matches());
        }
    }
}
