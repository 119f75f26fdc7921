package dev.sidecar.archives;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One entry of an archive.
 *
 * @param id its number in the archive, -1 for a line that is no entry
 * @param what its kind, schema, name and owner, as pg_restore writes them; bytes stand as letters of ISO 8859-1
 */
public record Entry(int id, String what) {

    private static final Pattern LINE = Pattern.compile("(\\d{1,9}); \\d+ \\d+ (.*)");

    static Entry of(String line) {
        Matcher entry = LINE.matcher(line);
        return entry.matches() ? new Entry(Integer.parseInt(entry.group(1)), entry.group(2)) : new Entry(-1, "");
    }

    /** Tells whether it is of this kind. */
    boolean is(String kind) {
        return what.startsWith(kind + " ");
    }

    /** Tells whether it makes an event trigger or belongs to one. */
    public boolean isOfEventTrigger() {
        return is("EVENT TRIGGER") || is("COMMENT - EVENT TRIGGER") || is("SECURITY LABEL - EVENT TRIGGER");
    }

    /** Tells whether it makes an extension or belongs to one. */
    boolean isOfExtension() {
        return is("EXTENSION") || is("COMMENT - EXTENSION");
    }

    /** Tells whether it fills this materialized view. @param letters encoding of the archive's names */
    public boolean fills(MaterializedView view, Charset letters) {
        String start = "MATERIALIZED VIEW DATA %s %s ".formatted(view.schema(), view.name());
        return what.startsWith(new String(start.getBytes(letters), StandardCharsets.ISO_8859_1));
    }
}
