package dev.sidecar.notices;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The one table of what each medium reads as something else than text, and of what is written there instead. Alertmanager's messages need
 * the same, which {@code sidecar.escaped} in alertmanager/templates/sidecar.tmpl does; MediumTest compares the two.
 */
enum Medium {
    /** Mail, Telegram, ntfy and Pushover read no format unless they are asked to. */
    PLAIN(),
    /** A subject is passed on to programs that read formats: nobody may be mentioned there. */
    SUBJECT(Rule.LESS, Rule.GREATER),
    /** Knows no escape for formats, and three entities for the rest. A quotation begins with the entity, too. */
    SLACK(
            new Rule("^( *)>", "$1›"),
            Rule.ASTERISK,
            Rule.BACKTICK,
            Rule.TILDE,
            Rule.UNDERSCORE,
            new Rule("&", "&amp;"),
            new Rule("<", "&lt;"),
            new Rule(">", "&gt;")),
    /** Knows no escape. A new line begins after an empty one; two braces begin a date. */
    TEAMS(
            Rule.ASTERISK,
            Rule.BACKTICK,
            Rule.TILDE,
            Rule.UNDERSCORE,
            Rule.LESS,
            Rule.GREATER,
            Rule.LINK,
            Rule.ENTITY,
            new Rule("\\{\\{", "{ {"),
            new Rule("\\{\\{", "{ {"),
            new Rule("^( *)#", "$1＃"),
            Rule.BULLET,
            new Rule("^( *[0-9]{1,9})[.] ", "$1․ ")),
    /** A backslash makes text of every sign. */
    DISCORD(
            new Rule("([\\\\*_~`|<>\\[\\]()#!:-])", "\\\\$1"),
            Rule.MENTION,
            new Rule("^( *[0-9]{1,9})[.] ", "$1\\\\. ")),
    /** A backslash makes text of some signs and is shown before the others, itself being text before a letter. */
    MATTERMOST(
            new Rule("\\\\", "\\\\\\\\"),
            new Rule("\\\\\\\\(\\w)", "\\\\$1"),
            Rule.LESS,
            Rule.GREATER,
            Rule.ENTITY,
            new Rule(":([A-Za-z+_/-])", ":\u200b$1"),
            new Rule("[$]", "＄"),
            new Rule("^( *)=", "$1＝"),
            new Rule("([*_~`|\\[\\]()#!+-])", "\\\\$1"),
            Rule.MENTION,
            new Rule("^( *[0-9]{1,9})[.] ", "$1\\\\. ")),
    /** Knows no escape. */
    GOOGLE_CHAT(
            Rule.ASTERISK,
            Rule.BACKTICK,
            Rule.TILDE,
            Rule.UNDERSCORE,
            Rule.LESS,
            Rule.GREATER,
            Rule.LINK,
            Rule.ENTITY,
            Rule.BULLET);

    /** Characters that control a screen, reverse the direction of writing or end a line; the joiners of scripts and emoji are text. */
    private static final Pattern CONTROL =
            Pattern.compile("[\\s\\p{Cc}\\p{Co}\\p{Cs}\\p{Zl}\\p{Zp}]|[\\p{Cf}&&[^\\x{ad}\\x{200c}\\x{200d}]]");

    private static final Pattern BLANKS = Pattern.compile(" {2,}");
    private static final Pattern BLANK_ENDS = Pattern.compile("^ | $");

    private final List<Rule> rules;

    Medium(Rule... rules) {
        this.rules = List.of(rules);
    }

    /** One line of text, cut so that what is written for it is not longer than {@code most}. */
    String line(String text, int most) {
        return fitting(
                List.of(BLANK_ENDS
                        .matcher(BLANKS.matcher(CONTROL.matcher(text).replaceAll(" "))
                                .replaceAll(" "))
                        .replaceAll("")),
                most);
    }

    /** Lines of text, cut so that what is written for them is not longer than {@code most}. */
    String text(String text, int most) {
        return fitting(
                Stream.of(text.split("\\r?\\n", -1))
                        .map(line -> CONTROL.matcher(line).replaceAll(" "))
                        .toList(),
                most);
    }

    private String fitting(List<String> lines, int most) {
        String raw = String.join("\n", lines);
        int end = Math.min(raw.length(), most);
        String written = written(raw.substring(0, whole(raw, end)));
        while (end < raw.length() ? written.length() + 1 > most : written.length() > most) {
            // Nothing becomes more than five characters, so that this never takes away too much.
            end = whole(raw, end - Math.max(1, (written.length() - most) / 5));
            written = written(raw.substring(0, end));
        }
        return end < raw.length() ? written + "…" : written;
    }

    private static int whole(String text, int end) {
        return end > 0 && end < text.length() && Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end;
    }

    private String written(String lines) {
        return Stream.of(lines.split("\n", -1))
                .map(this::escaped)
                .collect(Collectors.joining(this == TEAMS ? "\n\n" : "\n"));
    }

    private String escaped(String line) {
        String escaped = line;
        for (Rule rule : rules) {
            escaped = rule.applied(escaped);
        }
        return escaped;
    }

    /** Replaces what each rule finds, one rule after the other. */
    private static final class Rule {
        static final Rule ASTERISK = new Rule("[*]", "∗");
        static final Rule BACKTICK = new Rule("`", "ʹ");
        static final Rule TILDE = new Rule("~", "∼");
        static final Rule LESS = new Rule("<", "‹");
        static final Rule GREATER = new Rule(">", "›");
        /** Characters that would turn text in brackets into a link. */
        static final Rule LINK = new Rule("\\]([(\\[:])", "] $1");

        static final Rule ENTITY = new Rule("&(#?[A-Za-z0-9]{1,31};)", "＆$1");
        static final Rule BULLET = new Rule("^( *)[-+] ", "$1‐ ");
        /** A character of no width breaks what notifies everybody. */
        static final Rule MENTION = new Rule("@", "@\u200b");
        /** It begins and ends italics, but not within a name. */
        static final Rule UNDERSCORE = new Rule("([\\pL\\pN])_([\\pL\\pN])", "$1\ue000$2")
                .then("([\\pL\\pN])_([\\pL\\pN])", "$1\ue000$2")
                .then("_", "‗")
                .then("\ue000", "_");

        private final List<Pattern> found = new ArrayList<>();
        private final List<String> written = new ArrayList<>();

        Rule(String found, String written) {
            then(found, written);
        }

        private Rule then(String next, String instead) {
            found.add(Pattern.compile(next));
            written.add(instead);
            return this;
        }

        String applied(String text) {
            String applied = text;
            for (int i = 0; i < found.size(); i++) {
                applied = found.get(i).matcher(applied).replaceAll(written.get(i));
            }
            return applied;
        }
    }
}
