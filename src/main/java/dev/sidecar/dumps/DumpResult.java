package dev.sidecar.dumps;

import dev.sidecar.sets.CheckResult;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The result of restoring a dump that others took.
 *
 * @param dump its path in its source
 * @param bytes of the dump as it lies there
 * @param modified when it was last written
 * @param provenAt when the restore ended
 * @param verdict what it means
 * @param restoreTook how long the restore itself took; none if there was none
 * @param tables in the restored database
 * @param databaseBytes of the restored database
 * @param problems sentences on why it is not RESTORED
 * @param notes what else a person should know
 * @param checks the operator's own
 * @param failures how often in a row our own side could not prove this dump
 */
public record DumpResult(
        String dump,
        long bytes,
        Instant modified,
        Instant provenAt,
        DumpVerdict verdict,
        @Nullable Duration restoreTook,
        long tables,
        long databaseBytes,
        List<String> problems,
        List<String> notes,
        List<CheckResult> checks,
        int failures) {

    /** @throws NullPointerException if something is missing that an older or newer sidecar does not write */
    public DumpResult {
        Objects.requireNonNull(dump);
        Objects.requireNonNull(modified);
        Objects.requireNonNull(provenAt);
        Objects.requireNonNull(verdict);
        problems = List.copyOf(problems);
        notes = List.copyOf(notes);
        checks = List.copyOf(checks);
    }

    /** The closed list of what a restore can show. None of them is a level of {@code sidecar verify}: there is no manifest to compare with. */
    public enum DumpVerdict {
        /** It was restored to its end without an error, and amcheck found nothing, where it is installed. */
        RESTORED("restored"),
        /** It is readable, but PostgreSQL did not take all of it, or there is nothing in it. */
        INCOMPLETE("NOT restored in full"),
        /** It is cut off, or its bytes are wrong. */
        DAMAGED("DAMAGED"),
        /** Our tools, or their limits, kept it from being proven, which says nothing about the dump. */
        NOT_VERIFIED("could not be verified");

        private final String words;

        DumpVerdict(String words) {
            this.words = words;
        }

        /** The same for a person. */
        public String words() {
            return words;
        }
    }

    /** Tells whether it was restored and every check of your own held. */
    public boolean held() {
        return verdict == DumpVerdict.RESTORED && checks.stream().allMatch(CheckResult::held);
    }

    boolean isOf(DumpFile file) {
        return dump.equals(file.name()) && bytes == file.bytes() && modified.equals(file.modified());
    }
}
