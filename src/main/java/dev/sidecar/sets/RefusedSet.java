package dev.sidecar.sets;

/**
 * Describes a set in a store that is not used, because nothing shows that this sidecar made it. It counts as no backup: it is neither
 * verified, restored nor copied, and it is never deleted without a person.
 *
 * @param set name of its folder, with every unusual character replaced
 * @param store name of the store
 * @param reason why it is refused
 * @param detail the same as the end of a sentence, with what to do
 */
public record RefusedSet(String set, String store, Reason reason, String detail) {

    private static final int LONGEST_NAME = 200;
    private static final int LONGEST_DETAIL = 500;

    public RefusedSet {
        set = shortened(set.replaceAll("[^A-Za-z0-9._~-]", "?"), LONGEST_NAME);
        // A parser quotes what it could not read.
        detail = shortened(detail.replaceAll("[^\\p{L}\\p{N}\\p{P}\\p{S} ]", "?"), LONGEST_DETAIL);
    }

    private static String shortened(String text, int longest) {
        return text.length() > longest ? text.substring(0, longest) : text;
    }

    /** The closed list of reasons. */
    public enum Reason {
        /** It has no signature: it is from before sets were signed, or somebody else made it. */
        UNSIGNED(true),
        /** It is signed, but with no key that is trusted here. */
        UNKNOWN_KEY(true),
        /** Its signature does not fit: it was changed after it was signed. */
        CHANGED(false),
        /** It is signed for another stack. */
        OTHER_STACK(true),
        /** It lies under the name of another set, or under none. */
        MISPLACED(false),
        /** It is not encrypted although encryption is on. */
        PLAINTEXT(true),
        /** Its manifest or an event is damaged, too large, or of a newer format. */
        UNREADABLE(false);

        private final boolean adoptable;

        Reason(boolean adoptable) {
            this.adoptable = adoptable;
        }

        /** Tells whether a person may accept such a set with {@code sidecar adopt}. */
        public boolean isAdoptable() {
            return adoptable;
        }
    }

    /** Writes one line for a person. */
    public String sentence() {
        return "%s in '%s' is refused: %s".formatted(set, store, detail);
    }
}
