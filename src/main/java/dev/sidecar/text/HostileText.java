package dev.sidecar.text;

import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes text that somebody else wrote (names, errors, labels, log lines) harmless where it is shown: it can be read and controls nothing.
 * What could control a terminal or turn around the order of letters is written out, as {@code \u001b}; within JSON that is the same string.
 */
public final class HostileText {

    /** Begins a heading, a list or a quotation where a line begins. */
    private static final Pattern BLOCK = Pattern.compile("^([#+=-]|\\d{1,9}[.)])");

    private static final Pattern SPACE = Pattern.compile("\\s+");
    private static final String ACTIVE_IN_MARKDOWN = "\\`*[]|~";
    private static final int LAST_OF_BMP = 0xffff;

    private HostileText() {}

    /** For a terminal: line breaks and tabs stay, so use {@link #line} for what belongs into one line. */
    public static String forTerminal(String text) {
        return written(text, c -> c == '\n' || c == '\t');
    }

    /** For one line of a terminal, a mail or a chat message: a line break cannot begin a line that looks like ours. */
    public static String line(String text) {
        return written(text, c -> false);
    }

    /** For a log line: as {@link #line}, and without the rows that PostgreSQL quotes in its errors. */
    public static String forLog(String text) {
        return line(ServerErrors.withoutRows(text));
    }

    /** For a place within a line of a Markdown document: no link, image, HTML, table cell or heading begins in it. */
    public static String forMarkdown(String text) {
        String one = line(SPACE.matcher(text).replaceAll(" ")).strip();
        StringBuilder markdown = new StringBuilder(one.length() + 16);
        for (int i = 0; i < one.length(); i++) {
            char c = one.charAt(i);
            switch (c) {
                case '&' -> markdown.append("&amp;");
                case '<' -> markdown.append("&lt;");
                case '>' -> markdown.append("&gt;");
                case '_' -> markdown.append(isWithinWord(one, i) ? "_" : "\\_");
                // Many renderers make links of bare addresses.
                case ':' -> markdown.append(one.startsWith("://", i) ? "\\:" : ":");
                case '@' -> markdown.append("\\@");
                case '.' -> markdown.append(endsWithWww(one, i) ? "\\." : ".");
                default -> {
                    // What is written out already begins with a backslash of its own.
                    if (ACTIVE_IN_MARKDOWN.indexOf(c) >= 0) {
                        markdown.append('\\');
                    }
                    markdown.append(c);
                }
            }
        }
        Matcher block = BLOCK.matcher(markdown);
        return block.find() ? escapedBlock(markdown, block) : markdown.toString();
    }

    /** For text or a quoted attribute of an HTML page: no element, entity or attribute begins or ends in it. */
    public static String forHtml(String text) {
        String one = line(text);
        StringBuilder html = new StringBuilder(one.length() + 16);
        for (int i = 0; i < one.length(); i++) {
            char c = one.charAt(i);
            switch (c) {
                case '&' -> html.append("&amp;");
                case '<' -> html.append("&lt;");
                case '>' -> html.append("&gt;");
                case '"' -> html.append("&quot;");
                case '\'' -> html.append("&#39;");
                default -> html.append(c);
            }
        }
        return html.toString();
    }

    private static String escapedBlock(StringBuilder markdown, Matcher block) {
        return markdown.insert(block.end() - 1, '\\').toString();
    }

    private static boolean isWithinWord(String text, int at) {
        return at > 0
                && at + 1 < text.length()
                && Character.isLetterOrDigit(text.charAt(at - 1))
                && Character.isLetterOrDigit(text.charAt(at + 1));
    }

    private static boolean endsWithWww(String text, int at) {
        return at >= 3 && text.substring(at - 3, at).toLowerCase(Locale.ROOT).equals("www");
    }

    private static String written(String text, IntPredicate kept) {
        if (isPlain(text)) {
            return text;
        }
        StringBuilder written = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(c -> {
            if (!isActive(c) || kept.test(c)) {
                written.appendCodePoint(c);
            } else if (c <= LAST_OF_BMP) {
                written.append("\\u%04x".formatted(c));
            } else {
                written.append(
                        "\\u%04x\\u%04x".formatted((int) Character.highSurrogate(c), (int) Character.lowSurrogate(c)));
            }
        });
        return written.toString();
    }

    /** Most text is: this is asked for each field of each log line. */
    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~') {
                return false;
            }
        }
        return true;
    }

    /**
     * Control characters (ESC, BEL, the C1 set with its one-character CSI), what changes the direction of writing, what is invisible, line
     * separators, and halves of pairs.
     */
    private static boolean isActive(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE ->
                true;
            // The joiner of emoji and of some scripts is all that is needed of these.
            case Character.FORMAT -> c != 0x200d && c != 0x200c && c != 0xad;
            default -> false;
        };
    }
}
