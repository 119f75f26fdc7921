package dev.sidecar.sets;

import java.util.regex.Pattern;

/** Names and texts written into SQL, where a parameter cannot stand. */
public final class Sql {

    private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_]*");

    private Sql() {}

    /** Quoted always: a plain name may be a keyword. */
    public static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /** For a person: quoted only where it cannot be read otherwise. */
    public static String identifier(String name) {
        return PLAIN.matcher(name).matches() ? name : quoted(name);
    }

    public static String literal(String text) {
        String quoted = "'" + text.replace("'", "''") + "'";
        return text.indexOf('\\') < 0 ? quoted : " E" + quoted.replace("\\", "\\\\");
    }
}
