package dev.sidecar.checks;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads SQL as PostgreSQL splits it into statements, so that a check is one query: a second statement could end the transaction that
 * may only read.
 */
final class SingleQuery {

    private static final Set<String> QUERIES = Set.of("select", "with", "values", "table");
    private static final Pattern WORD = Pattern.compile("[\\s(]*([A-Za-z]+)");
    private static final Pattern DOLLAR = Pattern.compile("\\$([A-Za-z_\\x80-\\uffff][A-Za-z0-9_\\x80-\\uffff]*)?\\$");

    private final String sql;
    private final StringBuilder withoutComments = new StringBuilder();
    private int at;
    private int end = -1;
    private int second = -1;

    private SingleQuery(String sql) {
        this.sql = sql;
    }

    /** A text that is no query, and where that shows. @param offset of the place in the text */
    static final class NoQuery extends Exception {

        private static final long serialVersionUID = 1L;

        private final int offset;

        NoQuery(int offset, String why) {
            super(why);
            this.offset = offset;
        }

        int offset() {
            return offset;
        }
    }

    /** Returns the one query of a text, without the semicolon at its end. */
    static String of(String sql) throws NoQuery {
        SingleQuery query = new SingleQuery(sql);
        query.read();
        if (query.second >= 0) {
            throw new NoQuery(query.second, "a second statement begins here; a check is one query");
        }
        Matcher word = WORD.matcher(query.withoutComments);
        String first = word.lookingAt() ? word.group(1).toLowerCase(Locale.ROOT) : "";
        if (!QUERIES.contains(first)) {
            throw new NoQuery(
                    0,
                    query.withoutComments.toString().isBlank()
                            ? "there is no query below the header"
                            : "a check is one query that begins with SELECT, WITH, VALUES or TABLE");
        }
        return query.end < 0 ? sql : sql.substring(0, query.end);
    }

    private void read() throws NoQuery {
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (c == '-' && follows("--")) {
                int newline = sql.indexOf('\n', at);
                skipTo(newline < 0 ? sql.length() : newline, " ");
            } else if (c == '/' && follows("/*")) {
                skipTo(endOfComment(), " ");
            } else if (c == '\'') {
                skipTo(closing('\'', isEscaping()), "''");
            } else if (c == '"') {
                skipTo(closing('"', false), "\"\"");
            } else if (c == '$' && !isWithinWord() && dollar().isPresent()) {
                skipTo(endOfDollar(dollar().get()), "''");
            } else if (c == '\0') {
                throw new NoQuery(at, "there is a zero byte here");
            } else if (c == ';') {
                end = end < 0 ? at : end;
                at++;
            } else {
                if (end >= 0 && second < 0 && !Character.isWhitespace(c)) {
                    second = at;
                }
                withoutComments.append(c);
                at++;
            }
        }
    }

    private boolean follows(String text) {
        return sql.startsWith(text, at);
    }

    private void skipTo(int next, String instead) {
        if (end >= 0 && second < 0 && !instead.isBlank()) {
            second = at;
        }
        withoutComments.append(instead);
        at = next;
    }

    private boolean isWithinWord() {
        return at > 0 && isPartOfWord(sql.charAt(at - 1));
    }

    private static boolean isPartOfWord(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '$' || c >= 0x80;
    }

    /** In {@code E''} a backslash escapes, but not in {@code date''}. */
    private boolean isEscaping() {
        boolean letter = at > 0 && (sql.charAt(at - 1) == 'E' || sql.charAt(at - 1) == 'e');
        return letter && (at == 1 || !isPartOfWord(sql.charAt(at - 2)));
    }

    private int closing(char quote, boolean escapes) throws NoQuery {
        for (int i = at + 1; i < sql.length(); i++) {
            char c = sql.charAt(i);
            if (escapes && c == '\\') {
                i++;
            } else if (c == quote) {
                if (i + 1 < sql.length() && sql.charAt(i + 1) == quote) {
                    i++;
                } else {
                    return i + 1;
                }
            }
        }
        throw new NoQuery(at, "a quote is opened here and never closed");
    }

    private int endOfComment() throws NoQuery {
        int depth = 0;
        for (int i = at; i < sql.length() - 1; i++) {
            if (sql.startsWith("/*", i)) {
                depth++;
                i++;
            } else if (sql.startsWith("*/", i)) {
                depth--;
                i++;
                if (depth == 0) {
                    return i + 1;
                }
            }
        }
        throw new NoQuery(at, "a comment is opened here and never closed");
    }

    private Optional<String> dollar() {
        Matcher matcher = DOLLAR.matcher(sql).region(at, sql.length());
        return matcher.lookingAt() ? Optional.of(matcher.group()) : Optional.empty();
    }

    private int endOfDollar(String tag) throws NoQuery {
        int close = sql.indexOf(tag, at + tag.length());
        if (close < 0) {
            throw new NoQuery(at, "a quote is opened here and never closed");
        }
        return close + tag.length();
    }
}
