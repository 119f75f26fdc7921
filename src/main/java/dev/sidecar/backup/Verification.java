package dev.sidecar.backup;

import dev.sidecar.definitions.DefinitionDifference;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.CheckResult;
import dev.sidecar.sets.VerificationLevel;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Says what a verification found.
 *
 * @param id the backup
 * @param store the store it was read from
 * @param asked the requested level
 * @param reached the reached level; absent if the files or the manifest are damaged
 * @param at when it ended
 * @param took how long the whole verification took
 * @param restoreTook how long the restore itself took, absent below L3
 * @param verdict what that says of the backup
 * @param problems why it reached no higher level, each a sentence; one for each table that differs
 * @param notes remarks on how it was verified, each a sentence
 * @param differences of the definitions, the first hundred; each is also among the problems
 * @param checks what the operator's own checks found in the restored copy; empty below L4, and where there are none
 */
public record Verification(
        BackupId id,
        String store,
        VerificationLevel asked,
        @Nullable VerificationLevel reached,
        Instant at,
        Duration took,
        @Nullable Duration restoreTook,
        Conclusion verdict,
        List<String> problems,
        List<String> notes,
        List<DefinitionDifference> differences,
        List<CheckResult> checks) {

    /** Says whose fault it is that a backup did not reach a level. */
    public enum Conclusion {
        /** It reached the level. */
        HELD("proven"),
        /** Its files, or the rows in them, are not those of the manifest. Only this is damage. */
        DAMAGED("DAMAGED"),
        /** Its files and rows are right, but the restored database differs in its definitions. */
        DIFFERENT("restored, but not equal"),
        /** Its files are right, but the database that was dumped cannot be restored as it is: its schema must change. */
        NOT_RESTORABLE("not restorable as it stands"),
        /** The verification could not do its work, which says nothing about the backup. */
        NOT_VERIFIED("could not be verified");

        private final String words;

        Conclusion(String words) {
            this.words = words;
        }

        /** The same for a person. */
        public String words() {
            return words;
        }
    }

    /** Tells whether the requested level was reached. */
    public boolean held() {
        return reached != null && reached.atLeast(asked);
    }

    /** Lists the checks of the operator that did not hold, for whatever reason. */
    public List<CheckResult> missedChecks() {
        return checks.stream().filter(check -> !check.held()).toList();
    }

    /** Says what to do about it. */
    public String advice() {
        return switch (verdict) {
            case HELD -> "nothing is to be done";
            case DAMAGED -> "take another backup and find the cause";
            case DIFFERENT -> "rows are safe; see which definitions a restore would not bring back";
            case NOT_RESTORABLE ->
                "the files are right, so another backup will not restore either: change the schema as PostgreSQL says";
            case NOT_VERIFIED ->
                "this says nothing about the backup; fix what kept it from being verified, and verify it again";
        };
    }

    /** Returns how long the restore into the scratch server took. */
    public Optional<Duration> measuredRestore() {
        return Optional.ofNullable(restoreTook);
    }
}
