package dev.sidecar.text;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Leaves out of PostgreSQL's errors what may be the contents of rows. The kind of error and the names of objects stay, as they are what
 * an operator needs; values, and the details and contexts that quote rows and statements, go.
 */
public final class ServerErrors {

    private static final Pattern SEVERITY = Pattern.compile("\\b(ERROR|FATAL|PANIC):\\s");

    /** Begins a new message of a program or the server, after details that could have any number of lines. */
    private static final Pattern BEGINS = Pattern.compile(
            "^\\s*((pg_[a-z]+|psql|postgres)(:\\S*)?: |\\[archiver|(ERROR|FATAL|PANIC|WARNING|NOTICE|LOG):).*");

    private static final Pattern DETAIL = Pattern.compile(
            "^\\s*(DETAIL|HINT|CONTEXT|STATEMENT|QUERY|LINE \\d+|LOCATION|Detail|Hint|Where|"
                    + "Internal Query|Internal Position|Position|Location|Command was|Server SQLState|pg_[a-z]+: (detail|hint): (Query|Command) was)\\b.*");

    /** The database's own code may put rows into the message that it raises. */
    private static final Pattern RAISED = Pattern.compile("\\bat RAISE\\b");

    /** Between a message and a value there is a colon; a severity is followed by one, too, and then by the message. */
    private static final Pattern VALUE_AT_END = Pattern.compile("(?<!ERROR|FATAL|PANIC|error|warning|detail): \".*\"");

    private static final Pattern VALUE = Pattern.compile("\\bvalue \".*?\"(?= is | for |$)");
    private static final Pattern KEY = Pattern.compile("(Key \\(.*?\\))=\\(.*\\)");
    private static final Pattern ROW = Pattern.compile("(Failing row contains) \\(.*\\)");
    private static final String LEFT_OUT = "(left out)";

    private ServerErrors() {}

    /** Returns the text without rows; one that holds no error of a server comes back as it is. */
    public static String withoutRows(String text) {
        if (!text.contains("ERROR:") && !text.contains("FATAL:") && !text.contains("PANIC:")) {
            return text;
        }
        boolean raised = RAISED.matcher(text).find();
        List<String> kept = new ArrayList<>();
        boolean inDetail = false;
        boolean inRaised = false;
        for (String line : text.split("\n", -1)) {
            if (DETAIL.matcher(line).matches()) {
                inDetail = true;
            } else if (BEGINS.matcher(line).matches() || kept.isEmpty()) {
                inDetail = false;
                inRaised = raised && SEVERITY.matcher(line).find();
                kept.add(inRaised ? withoutMessage(line) : withoutValues(line));
            } else if (!inDetail && !inRaised) {
                kept.add(withoutValues(line));
            }
        }
        return String.join("\n", kept);
    }

    /** Drops the beginning of a text that was cut, which may be in the middle of a row, up to the next message. */
    public static String afterCut(String text) {
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            if (BEGINS.matcher(lines.get(i)).matches()
                    && !DETAIL.matcher(lines.get(i)).matches()) {
                return String.join("\n", lines.subList(i, lines.size()));
            }
        }
        return "it said more than can be kept";
    }

    private static String withoutMessage(String line) {
        var severity = SEVERITY.matcher(line);
        return severity.find()
                ? line.substring(0, severity.end()) + "raised by code of the database " + LEFT_OUT
                : line;
    }

    private static String withoutValues(String line) {
        String text = VALUE_AT_END.matcher(line).replaceAll(": " + LEFT_OUT);
        text = VALUE.matcher(text).replaceAll("value " + LEFT_OUT);
        text = KEY.matcher(text).replaceAll("$1=" + LEFT_OUT);
        return ROW.matcher(text).replaceAll("$1 " + LEFT_OUT);
    }
}
