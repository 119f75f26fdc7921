package dev.sidecar.sets;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Computes the checksums of files, manifests and documents, written as hexadecimal digits. */
public final class Sha256 {

    private final MessageDigest digest;

    Sha256() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    void update(byte[] bytes, int offset, int length) {
        digest.update(bytes, offset, length);
    }

    void update(ByteBuffer bytes) {
        digest.update(bytes);
    }

    /** Returns the checksum and starts again. */
    String hex() {
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Computes the checksum of so many bytes. */
    public static String of(byte[] bytes) {
        Sha256 sum = new Sha256();
        sum.update(bytes, 0, bytes.length);
        return sum.hex();
    }
}
