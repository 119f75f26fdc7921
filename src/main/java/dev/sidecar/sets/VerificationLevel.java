package dev.sidecar.sets;

/** How much is proven about a backup. Each level includes those before it. */
public enum VerificationLevel {
    /** Every program ended well and every stream has its end. Known when it was published. */
    L0("complete stream"),
    /** Read again from storage, every file has the checksum that the manifest names. */
    L1("checksum re-read from storage"),
    /** Decrypted, decompressed and decoded by pg_restore to the last byte. */
    L2("decoded to the end"),
    /** Restored into a scratch server without an error. */
    L3("restored"),
    /** Every table, sequence and large object restored equals the manifest. */
    L4("restored and equal to the manifest");

    private final String meaning;

    VerificationLevel(String meaning) {
        this.meaning = meaning;
    }

    /** In words, for a person. */
    public String meaning() {
        return meaning;
    }

    /** Whether this level proves at least what the other does. */
    public boolean atLeast(VerificationLevel other) {
        return compareTo(other) >= 0;
    }
}
