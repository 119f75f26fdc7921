package dev.sidecar.pitr;

import dev.sidecar.text.HostileText;
import java.time.Instant;

/**
 * WAL that is missing in the archive: nothing can be recovered over it.
 *
 * @param first segment that is missing
 * @param last segment that is missing
 * @param segments how many are missing
 * @param after when the segment before it was archived
 * @param before when the segment after it was archived
 */
public record Gap(Segment first, Segment last, long segments, Instant after, Instant before) {

    /** Says it for a person. */
    public String sentence() {
        return HostileText.line("WAL is missing between %s and %s: %s."
                .formatted(
                        after,
                        before,
                        segments == 1 ? "segment " + first : "%d segments, %s to %s".formatted(segments, first, last)));
    }
}
