package dev.sidecar.sets;

import java.util.regex.Pattern;

/** Writes names and texts into SQL where parameters are not possible. */
public final class Sql {

    private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_]*");

    private Sql() {}

    /** Quotes a name, always: a plain name may be a keyword. */
    public static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /** Writes a name for a person: quoted only if it must be. */
    public static String identifier(String name) {
        return PLAIN.matcher(name).matches() ? name : quoted(name);
    }

    /** Writes a text as a literal. */
    public static String literal(String text) {
        String quoted = "'" + text.replace("'", "''") + "'";
        return text.indexOf('\\') < 0 ? quoted : " E" + quoted.replace("\\", "\\\\");
    }
}
