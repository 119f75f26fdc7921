package dev.sidecar.sets;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Computes a checksum of each piece of a file while it passes. A reader compares a piece before it passes any of it on: with one checksum of the
 * whole, a program would have read all of a forged file before anybody notices.
 */
final class Pieces {

    /** Small enough to be held for each file that is read at the same time; a manifest grows by 18 bytes for each MB. */
    static final int SIZE = 4 << 20;

    private final Sha256 digest = new Sha256();
    private final List<String> complete = new ArrayList<>();
    private int filled;

    void update(ByteBuffer bytes) {
        ByteBuffer rest = bytes.duplicate();
        while (rest.hasRemaining()) {
            ByteBuffer part = rest.slice(rest.position(), Math.min(rest.remaining(), SIZE - filled));
            filled += part.remaining();
            rest.position(rest.position() + part.remaining());
            digest.update(part);
            if (filled == SIZE) {
                complete.add(digest.hex());
                filled = 0;
            }
        }
    }

    /** Returns the checksums of all pieces; the last may be shorter. */
    List<String> all() {
        List<String> all = new ArrayList<>(complete);
        if (filled > 0) {
            all.add(digest.hex());
        }
        return List.copyOf(all);
    }

    /** Returns how many pieces a file of this size has. */
    static long of(long bytes) {
        return (bytes + SIZE - 1) / SIZE;
    }
}
