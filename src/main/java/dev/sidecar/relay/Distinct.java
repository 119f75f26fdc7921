package dev.sidecar.relay;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.Set;

/** Lets no more than so many different things pass within an hour or two; those that passed go on passing. Not for several threads at once. */
final class Distinct {

    private static final long MILLIS = 3_600_000;

    private final int most;
    private Set<Long> current = new HashSet<>();
    private Set<Long> previous = new HashSet<>();
    private long since;

    Distinct(int most) {
        this.most = most;
    }

    /** @param thing all that tells it from others, written so that no two look the same */
    boolean admits(byte[] thing, long nowMillis) {
        Long digest = digest(thing);
        if (nowMillis - since > MILLIS) {
            previous = nowMillis - since > 2 * MILLIS ? new HashSet<>() : current;
            current = new HashSet<>();
            since = nowMillis;
        }
        if (current.contains(digest)) {
            return true;
        }
        boolean known = previous.remove(digest);
        if (!known && current.size() + previous.size() >= most) {
            return false;
        }
        current.add(digest);
        return true;
    }

    /** Nobody finds two things of one digest on purpose; that two are taken for one by chance harms nobody. */
    private static Long digest(byte[] thing) {
        try {
            return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(thing))
                    .getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
