package dev.sidecar.definitions;

import dev.sidecar.text.Encodings;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Says what can be equal.
 *
 * @param tablespaces false where there are none, as in a scratch server
 * @param letters encoding of the database, in which names are shown
 * @param leftOut names of what is left out of the backup on purpose, as PostgreSQL quotes them
 * @param loading owners, grants and what an administrator restores are not there yet: of what is missing only policies are looked for
 */
public record DefinitionScope(boolean tablespaces, Charset letters, Set<String> leftOut, boolean loading) {

    /** The same without what was left out of the backup on purpose. */
    DefinitionScope without(Collection<String> names) {
        return new DefinitionScope(
                tablespaces,
                letters,
                names.stream()
                        .map(name -> new String(name.getBytes(letters), StandardCharsets.ISO_8859_1))
                        .collect(Collectors.toSet()),
                loading);
    }

    /** The same of a database that is being loaded. */
    DefinitionScope whileLoading() {
        return new DefinitionScope(tablespaces, letters, leftOut, true);
    }

    /** Tells whether a definition is about what was left out: its name is that name, begins or ends with it. */
    boolean leavesOut(Definition one) {
        return leftOut.stream().anyMatch(name -> isAbout(one.name(), name));
    }

    private static boolean isAbout(String whole, String name) {
        for (int at = whole.indexOf(name); at >= 0; at = whole.indexOf(name, at + 1)) {
            int end = at + name.length();
            boolean begins = at == 0 || whole.charAt(at - 1) == ' ';
            if (begins && (end == whole.length() || whole.charAt(end) == '.' || whole.charAt(end) == ' ')) {
                return true;
            }
        }
        return false;
    }

    /** Everything, shown in the encoding that PostgreSQL calls by this name. */
    public static DefinitionScope ofEncoding(String encoding, boolean tablespaces) {
        return new DefinitionScope(tablespaces, Encodings.charset(encoding), Set.of(), false);
    }
}
