package dev.sidecar.archives;

import dev.sidecar.text.ServerErrors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads from the errors of a pg_restore which entries failed. It names the entry before the first error of each. An error of no entry, such
 * as a lost connection, is kept apart: after it nothing can be said of the entries.
 */
final class RestoreErrors {

    private static final int MOST = 10_000;
    private static final int MOST_OTHERS = 10;
    private static final int MOST_LINES = 6;
    private static final int LONGEST = 1_000;
    private static final Pattern ENTRY = Pattern.compile("pg_restore: from TOC entry (\\d{1,9}); \\d+ \\d+ (.*)");
    private static final String ERROR = "pg_restore: error: ";
    private static final List<String> LOST =
            List.of("connection", "server closed", "could not open", "could not read from input");

    private final Map<Integer, FailedEntry> failed = new LinkedHashMap<>();
    private final List<String> others = new ArrayList<>();
    private final List<String> message = new ArrayList<>();
    private int id = -1;
    private String what = "";

    synchronized void line(String line) {
        Matcher entry = ENTRY.matcher(line);
        if (entry.matches()) {
            flush();
            id = Integer.parseInt(entry.group(1));
            what = cut(entry.group(2));
        } else if (line.startsWith(ERROR)) {
            flush();
            message.add(line.substring(ERROR.length()).replaceFirst("^could not execute query: ", ""));
        } else if (line.startsWith("pg_restore: ")) {
            flush();
        } else if (line.startsWith("Command was: ")) {
            flush();
        } else if (!message.isEmpty() && message.size() < MOST_LINES && !line.isBlank()) {
            message.add(line.strip());
        }
    }

    private void flush() {
        if (message.isEmpty()) {
            return;
        }
        String text = cut(ServerErrors.withoutRows(String.join("\n", message)).replaceAll("\\s+", " "));
        message.clear();
        if (id < 0 || LOST.stream().anyMatch(sign -> text.startsWith(sign))) {
            if (others.size() < MOST_OTHERS) {
                others.add(text);
            }
        } else if (failed.size() < MOST) {
            failed.putIfAbsent(id, new FailedEntry(id, what, text));
        }
    }

    private static String cut(String text) {
        return text.length() > LONGEST ? text.substring(0, LONGEST) + " …" : text;
    }

    /** Lists the entries that failed, each with its first error. */
    synchronized List<FailedEntry> failed() {
        flush();
        return List.copyOf(failed.values());
    }

    /** Lists the errors that belong to no entry. */
    synchronized List<String> others() {
        flush();
        return List.copyOf(others);
    }
}
