package dev.sidecar.definitions;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;

/**
 * One thing and what it is. Bytes stand as letters of ISO 8859-1, so that they are compared as PostgreSQL sorts them, whatever the encoding
 * of the database.
 *
 * @param what one property a line
 */
record Definition(String kind, String name, String what) {

    /** The order of a description. */
    static final Comparator<Definition> ORDER =
            Comparator.comparing(Definition::kind).thenComparing(Definition::name);

    /** Reads name and property from a row that COPY wrote, without its line feed. */
    static Definition of(String kind, byte[] row, int length) {
        ByteArrayOutputStream name = new ByteArrayOutputStream();
        ByteArrayOutputStream what = new ByteArrayOutputStream(length);
        ByteArrayOutputStream field = name;
        for (int i = 0; i < length; i++) {
            if (row[i] == '\t') {
                field = what;
            } else if (row[i] == '\\' && i + 1 < length) {
                i++;
                field.write(unescaped(row[i]));
            } else {
                field.write(row[i]);
            }
        }
        return new Definition(
                kind, name.toString(StandardCharsets.ISO_8859_1), what.toString(StandardCharsets.ISO_8859_1));
    }

    /** COPY escapes control characters as C does. */
    private static int unescaped(byte letter) {
        return switch (letter) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'v' -> 0x0b;
            default -> letter;
        };
    }
}
