package dev.sidecar.backup;

import dev.sidecar.sets.Backup;
import java.util.List;
import java.util.stream.Stream;

/**
 * Says whether retention keeps one backup, and why.
 *
 * @param backup the backup
 * @param keep whether it is kept
 * @param reasons at least one, for a person
 */
public record Decision(Backup backup, boolean keep, List<String> reasons) {

    public Decision {
        reasons = List.copyOf(reasons);
    }

    /** Returns the same decision if the backup is kept anyway; otherwise keeps it for this reason. */
    Decision vetoed(String reason) {
        return keep
                ? this
                : new Decision(
                        backup, true, Stream.of("nothing expires: " + reason).toList());
    }

    /** Writes the decision, such as {@code expire shop.20261123T020003Z.daily.7f3a90c1: 7 newer daily are verified, 7 are kept}. */
    @Override
    public String toString() {
        return "%s %s: %s".formatted(keep ? "keep" : "expire", backup.id(), String.join("; ", reasons));
    }
}
