package dev.sidecar.definitions;

/**
 * Something that a restored database has not, has in addition, or has otherwise.
 *
 * @param kind such as {@code column}, {@code policy}, {@code owner and grants}
 * @param name unique within the kind, such as {@code app.orders.total}
 * @param what a clause about it, such as {@code is missing}
 */
public record DefinitionDifference(String kind, String name, String what) {

    static final String MISSING = "is missing";

    /** Tells whether the restored database lacks it altogether. */
    public boolean isMissing() {
        return what.equals(MISSING);
    }

    /** Writes the same for a person, such as {@code Policy app.orders.own is missing.} */
    public String sentence() {
        return "%s%s %s %s.".formatted(Character.toUpperCase(kind.charAt(0)), kind.substring(1), name, what);
    }
}
