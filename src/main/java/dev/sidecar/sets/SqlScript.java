package dev.sidecar.sets;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Rewrites SQL that quotes texts of a database, such as names, comments and settings, so that nothing in a text can be taken for anything
 * else: each statement stands on one line, control characters and backslashes are written as escapes within their quotes, and comments are
 * left out. A backslash outside of quotes, which would be a command of psql, is refused.
 *
 * <p>It reads what pg_dumpall and PostgreSQL's own format functions write, and refuses the rest of SQL.
 */
public final class SqlScript {

    /** The placeholder for the database's name; psql replaces {@code :"DB"} by the quoted value of its variable DB. */
    public static final String DATABASE = ":database";

    private static final int LONGEST_STATEMENT = 1 << 20;
    /** The statements that pg_dumpall writes for roles and tablespaces. Lines that begin with a backslash are those that restrict psql. */
    private static final Pattern GLOBAL = Pattern.compile(
            "(CREATE|ALTER|COMMENT ON) (ROLE|TABLESPACE) .*|SECURITY LABEL FOR .* ON (ROLE|TABLESPACE) .*"
                    + "|(GRANT|REVOKE) .*|SET (default_transaction_read_only|client_encoding|standard_conforming_strings|escape_string_warning) .*",
            Pattern.DOTALL);

    /** pg_dumpall begins and ends with these. */
    private static final Pattern RESTRICTION = Pattern.compile("\\\\(un)?restrict [A-Za-z0-9]+(?=\\n|$)");

    private static final Pattern DIGITS = Pattern.compile("[0-9a-fA-F]+");

    private final String text;
    private final boolean bytes;
    private final List<String> statements = new ArrayList<>();
    private final StringBuilder statement = new StringBuilder();
    private int at;

    /** @param bytes whether each character of the text stands for a byte, as its encoding is not known */
    private SqlScript(String text, boolean bytes) {
        this.text = text;
        this.bytes = bytes;
    }

    /** Splits a script into statements without their semicolons, each on one line. @throws BackupFailure if it is none that can be read */
    public static List<String> statements(String script) {
        return new SqlScript(script, false).read();
    }

    /**
     * Rewrites what pg_dumpall writes of a server's globals.
     *
     * @param charset of the statements; of a server that has no encoding the bytes are kept as they are
     */
    public record Globals(List<String> statements, Charset charset) {

        /** Writes the statements as a script. */
        public byte[] script() {
            return statements.stream()
                    .map(statement -> statement + ";\n")
                    .collect(Collectors.joining())
                    .getBytes(charset);
        }
    }

    /** Rewrites what pg_dumpall writes of a server's globals. @throws BackupFailure if it has anything else in it */
    public static Globals globals(byte[] script) {
        Globals globals;
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(script))
                    .toString();
            globals = new Globals(statements(text), StandardCharsets.UTF_8);
        } catch (CharacterCodingException e) {
            String text = new String(script, StandardCharsets.ISO_8859_1);
            globals = new Globals(new SqlScript(text, true).read(), StandardCharsets.ISO_8859_1);
        }
        for (String statement : globals.statements()) {
            if (!GLOBAL.matcher(statement).matches()) {
                throw refused("a statement that has no place in the globals: " + beginning(statement));
            }
        }
        return globals;
    }

    /** Rewrites one statement and puts the database's name into its places; a text that looks like one is left alone. */
    public static String named(String statement, String quotedName) {
        List<String> parts = statements(statement + "\n;");
        if (parts.size() != 1) {
            throw refused("more than one statement: " + beginning(statement));
        }
        StringBuilder named = new StringBuilder();
        String only = parts.get(0);
        int from = 0;
        for (int at = 0; at < only.length(); at++) {
            char c = only.charAt(at);
            if (c == '\'' || c == '"') {
                at = closing(only, at);
            } else if (only.startsWith(DATABASE, at)) {
                named.append(only, from, at).append(quotedName);
                at += DATABASE.length() - 1;
                from = at + 1;
            }
        }
        return named.append(only, from, only.length()).toString();
    }

    /** Finds the end of a quoted part of a statement that was rewritten: its only escape is the doubled quote, or a backslash in {@code E''}. */
    private static int closing(String statement, int open) {
        char quote = statement.charAt(open);
        boolean escapes = quote == '\'' && open > 0 && statement.charAt(open - 1) == 'E';
        int at = open + 1;
        while (at < statement.length() && statement.charAt(at) != quote) {
            at += escapes && statement.charAt(at) == '\\' ? 2 : 1;
        }
        return at;
    }

    private List<String> read() {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == ';') {
                at++;
                end();
            } else if (c == '\'') {
                at++;
                literal(quoted('\'', false));
            } else if ((c == 'E' || c == 'e') && next() == '\'' && !withinWord()) {
                at += 2;
                literal(quoted('\'', true));
            } else if (c == '"') {
                at++;
                identifier(quoted('"', false));
            } else if (c == '-' && next() == '-') {
                skipLine();
            } else if (c == '\\' && statement.toString().isBlank() && skipRestriction()) {
                statement.setLength(0);
            } else if (c == '\\' || c == '`' || c == '$' || c == '/' && next() == '*') {
                throw refused("'%s' outside of quotes".formatted(c));
            } else if (c == 'U' && text.startsWith("U&\"", at) && !withinWord()) {
                at += "U&\"".length();
                identifier(unescaped(quoted('"', false)));
            } else if ((c == 'U' || c == 'u') && next() == '&') {
                throw refused("a text with Unicode escapes");
            } else if (Character.isWhitespace(c) || Character.isISOControl(c)) {
                at++;
                space();
            } else {
                at++;
                append(String.valueOf(c));
            }
        }
        if (!statement.toString().isBlank()) {
            throw refused("a statement without an end: " + beginning(statement.toString()));
        }
        return statements;
    }

    private char next() {
        return at + 1 < text.length() ? text.charAt(at + 1) : 0;
    }

    private boolean withinWord() {
        return !statement.isEmpty() && Character.isJavaIdentifierPart(statement.charAt(statement.length() - 1));
    }

    private boolean skipRestriction() {
        Matcher restriction = RESTRICTION.matcher(text).region(at, text.length());
        boolean there = (at == 0 || text.charAt(at - 1) == '\n') && restriction.lookingAt();
        at = there ? restriction.end() : at;
        return there;
    }

    private void skipLine() {
        while (at < text.length() && text.charAt(at) != '\n') {
            at++;
        }
    }

    /** Reads up to the closing quote. @return what the quotes mean */
    private String quoted(char quote, boolean escapes) {
        StringBuilder content = new StringBuilder();
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == quote) {
                if (at < text.length() && text.charAt(at) == quote) {
                    at++;
                } else {
                    return content.toString();
                }
            } else if (c == '\\' && escapes) {
                content.append(escaped());
                continue;
            }
            content.append(c);
        }
        throw refused("a quote without an end");
    }

    /** Only these escapes are written by the programs that we read, and the last two by this class. */
    private String escaped() {
        char c = at < text.length() ? text.charAt(at++) : 0;
        return switch (c) {
            case '\\', '\'' -> String.valueOf(c);
            case 'n' -> "\n";
            case 'r' -> "\r";
            case 't' -> "\t";
            case 'b' -> "\b";
            case 'f' -> "\f";
            case 'u' -> letter(text, at, at += 4);
            case 'U' -> letter(text, at, at += 8);
            default -> throw refused("an unknown escape");
        };
    }

    /** Reads the escapes that this class writes into a name. */
    private String unescaped(String name) {
        StringBuilder content = new StringBuilder();
        int i = 0;
        while (i < name.length()) {
            char c = name.charAt(i++);
            if (c != '\\') {
                content.append(c);
            } else if (name.startsWith("\\", i)) {
                content.append(c);
                i++;
            } else if (name.startsWith("+", i)) {
                content.append(letter(name, i + 1, i += 7));
            } else {
                content.append(letter(name, i, i += 4));
            }
        }
        return content.toString();
    }

    private String letter(String from, int begin, int end) {
        String digits = end <= from.length() ? from.substring(begin, end) : "";
        int point = DIGITS.matcher(digits).matches() ? Integer.parseUnsignedInt(digits, 16) : -1;
        if (point <= 0 || !Character.isValidCodePoint(point) || !unprintable(point)) {
            throw refused("an unknown escape");
        }
        return Character.toString(point);
    }

    /** A literal says the same whatever standard_conforming_strings is. */
    private void literal(String content) {
        if (content.chars().noneMatch(c -> c == '\\' || unprintable(c))) {
            append("'" + content.replace("'", "''") + "'");
            return;
        }
        StringBuilder literal = new StringBuilder(withinWord() ? " E'" : "E'");
        content.codePoints().forEach(c -> {
            if (c == '\\' || c == '\'') {
                literal.append((char) c).append((char) c);
            } else if (unprintable(c)) {
                literal.append(c > 0xffff ? "\\U%08x".formatted(c) : "\\u%04x".formatted(c));
            } else {
                literal.appendCodePoint(c);
            }
        });
        append(literal.append('\'').toString());
    }

    private void identifier(String content) {
        if (content.codePoints().noneMatch(this::unprintable)) {
            append('"' + content.replace("\"", "\"\"") + '"');
            return;
        }
        StringBuilder identifier = new StringBuilder(withinWord() ? " U&\"" : "U&\"");
        content.codePoints().forEach(c -> {
            if (c == '\\' || c == '"') {
                identifier.append((char) c).append((char) c);
            } else if (unprintable(c)) {
                identifier.append(c > 0xffff ? "\\+%06x".formatted(c) : "\\%04x".formatted(c));
            } else {
                identifier.appendCodePoint(c);
            }
        });
        append(identifier.append('"').toString());
    }

    /** Also what breaks a line, or changes the direction of writing, for a program that shows it. */
    private boolean unprintable(int c) {
        if (bytes) {
            return c < ' ' || c == 0x7f;
        }
        int type = Character.getType(c);
        return type == Character.CONTROL
                || type == Character.FORMAT
                || type == Character.LINE_SEPARATOR
                || type == Character.PARAGRAPH_SEPARATOR
                || type == Character.SURROGATE
                || type == Character.PRIVATE_USE;
    }

    private void space() {
        if (!statement.isEmpty() && statement.charAt(statement.length() - 1) != ' ') {
            statement.append(' ');
        }
    }

    private void append(String part) {
        if (part.codePoints().anyMatch(this::unprintable)) {
            throw refused("an invisible character outside of quotes");
        }
        if (statement.length() + part.length() > LONGEST_STATEMENT) {
            throw refused("a statement longer than %d characters".formatted(LONGEST_STATEMENT));
        }
        statement.append(part);
    }

    private void end() {
        String whole = statement.toString().strip();
        statement.setLength(0);
        if (!whole.isEmpty()) {
            statements.add(whole);
        }
    }

    /** Shows as much of a statement as a person needs, and nothing that a terminal would obey. */
    private static String beginning(String statement) {
        String shown = Objects.requireNonNull(statement).replaceAll("[^\\x20-\\x7e]", "?");
        return shown.length() > 40 ? shown.substring(0, 40).toLowerCase(Locale.ROOT) + "…" : shown;
    }

    private static BackupFailure refused(String what) {
        return new BackupFailure(
                BackupFailure.Reason.DUMP, "The SQL of roles, tablespaces or the database holds " + what + ".");
    }
}
