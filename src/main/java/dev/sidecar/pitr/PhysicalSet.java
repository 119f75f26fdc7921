package dev.sidecar.pitr;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * A set of physical files in pgBackRest's repository.
 *
 * @param label its name there
 * @param type full, differential or incremental
 * @param started when it was begun
 * @param stopped when it was complete, to the second
 * @param firstWal segment with which its recovery begins
 * @param lastWal segment that its recovery needs at least
 * @param lastLsn position in the WAL that its recovery needs at least
 * @param archive the folder of its WAL
 * @param version the server's major, such as 15
 * @param bytes of the files of the cluster
 * @param repositoryBytes that it added to the repository
 * @param needs the labels of the sets without which it cannot be restored
 * @param damaged whether pgBackRest found pages with wrong checksums while it took it
 */
public record PhysicalSet(
        String label,
        Type type,
        Instant started,
        Instant stopped,
        Segment firstWal,
        Segment lastWal,
        long lastLsn,
        String archive,
        int version,
        long bytes,
        long repositoryBytes,
        List<String> needs,
        boolean damaged) {

    private static final long POSITION = 0xFFFF_FFFFL;
    private static final long LEAST_SEGMENT = 1L << 20;
    private static final long LARGEST_SEGMENT = 1L << 30;

    /** Copies. */
    public PhysicalSet {
        needs = List.copyOf(needs);
    }

    /** The first moment that it can be recovered to: pgBackRest writes down whole seconds. */
    public Instant reachable() {
        return stopped.plusSeconds(1);
    }

    /** Bytes of a segment of WAL, by the number of the last one and the position in it; empty if that is the first of its log. */
    Optional<Long> segmentBytes() {
        long position = (lastLsn - 1) & POSITION;
        return lastWal.low() == 0 || lastLsn >>> 32 != lastWal.log()
                ? Optional.empty()
                : LongStream.iterate(LEAST_SEGMENT, size -> size <= LARGEST_SEGMENT, size -> size * 2)
                        .filter(size -> position / size == lastWal.low())
                        .boxed()
                        .findFirst();
    }

    /** How much of the cluster a set holds itself. */
    public enum Type {
        /** All of it. */
        FULL("full", "full"),
        /** Holds the changes since the last full set. */
        DIFFERENTIAL("diff", "differential"),
        /** Holds the changes since the last set. */
        INCREMENTAL("incr", "incremental");

        private final String label;
        private final String words;

        Type(String label, String words) {
            this.label = label;
            this.words = words;
        }

        /** As pgBackRest and the metrics call it. */
        public String label() {
            return label;
        }

        /** For a person. */
        public String words() {
            return words;
        }
    }
}
