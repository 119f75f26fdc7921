package dev.sidecar.definitions;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Knows which parts of extensions can be compared: those that somebody changed after the extension's own scripts, where the restored
 * extension has the same version. Their first line says whose part it is, and which of the two it is.
 */
final class ExtensionParts {

    private static final String VERSION = "extension version";
    private static final String PART = "part of an extension";
    private static final String OF = "of ";
    private static final String AS_MADE = ", as it was made";
    private static final String WITH_TABLE = ", with its table";

    private final Map<String, String> expected = new HashMap<>();
    private final Map<String, String> restored = new HashMap<>();

    /** Takes each of the description, in its order, in which versions come before parts. */
    void expected(@Nullable Definition one) {
        note(one, expected);
    }

    /** Takes each of the restored database, in the same order. */
    void restored(Definition one) {
        note(one, restored);
    }

    private static void note(@Nullable Definition one, Map<String, String> versions) {
        if (one != null && one.kind().equals(VERSION)) {
            versions.put(one.name(), one.what());
        }
    }

    /** Tells whether it is a difference that the restored database has not this. */
    boolean mustBeThere(Definition wanted) {
        return !wanted.kind().equals(VERSION)
                && (!wanted.kind().equals(PART)
                        || sameVersion(wanted)
                                && !head(wanted).endsWith(AS_MADE)
                                && !head(wanted).endsWith(WITH_TABLE)
                                && !isTable(wanted));
    }

    /** Tells whether it is a difference that the backup has not this. */
    boolean mayBeAlone(Definition found) {
        return !found.kind().equals(VERSION) && (!found.kind().equals(PART) || sameVersion(found));
    }

    /** Tells whether it is a difference if the two are not the same. */
    boolean mustBeEqual(Definition wanted, Definition found) {
        return !wanted.kind().equals(VERSION)
                && (!wanted.kind().equals(PART)
                        || sameVersion(wanted)
                                && extension(wanted).equals(extension(found))
                                && !head(wanted).endsWith(AS_MADE));
    }

    /** Leaves out who made it. */
    static String bare(Definition one) {
        return one.kind().equals(PART)
                ? one.what().substring(Math.min(one.what().length(), head(one).length() + 1))
                : one.what();
    }

    /** A missing table is told as a kind of its own. */
    private static boolean isTable(Definition part) {
        String name = part.name();
        return name.startsWith("table ") && !name.startsWith("table column ") && !name.startsWith("table constraint ");
    }

    private boolean sameVersion(Definition part) {
        String version = expected.get(extension(part));
        return version != null && version.equals(restored.get(extension(part)));
    }

    private static String extension(Definition part) {
        String head = head(part);
        int end = head.endsWith(AS_MADE)
                ? head.length() - AS_MADE.length()
                : head.endsWith(WITH_TABLE) ? head.length() - WITH_TABLE.length() : head.length();
        return head.startsWith(OF) ? head.substring(OF.length(), end) : "";
    }

    private static String head(Definition part) {
        int end = part.what().indexOf('\n');
        return end < 0 ? part.what() : part.what().substring(0, end);
    }
}
