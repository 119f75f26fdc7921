package dev.sidecar.sets;

/** How thoroughly a backup was verified. Each level includes those before it. */
public enum VerificationLevel {
    /** Every program succeeded and every stream is complete. Known when the backup is published. */
    L0("complete stream"),
    /** Read again from storage, every file has the checksum in the manifest. */
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

    /** Describes the level for a person. */
    public String meaning() {
        return meaning;
    }

    /** Tells whether this level proves at least as much as the other. */
    public boolean atLeast(VerificationLevel other) {
        return compareTo(other) >= 0;
    }
}
