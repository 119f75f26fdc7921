package dev.sidecar.backup;

import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Manifest.Table;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Decides whether a backup is suspect: it is complete, but the database lost much of its contents since the backup before. */
final class Anomalies {

    /** In a smaller table the loss of half the rows means nothing. */
    private static final long FEW_ROWS = 10;

    private final BackupProperties.Anomaly limits;

    Anomalies(BackupProperties.Anomaly limits) {
        this.limits = limits;
    }

    /** Compares a backup with the one before. @return a sentence for each loss; empty if nothing is suspect */
    List<String> between(Manifest before, Manifest now) {
        List<String> found = new ArrayList<>();
        Map<String, Table> tables = new HashMap<>();
        now.contents().tables().forEach(table -> tables.put(table.qualifiedName(), table));
        for (Table earlier : before.contents().tables()) {
            Table later = tables.get(earlier.qualifiedName());
            if (now.leftOut().includes(earlier.qualifiedName())) {
                continue;
            }
            if (later == null) {
                found.add("Table %s is gone; it had %s rows."
                        .formatted(earlier.qualifiedName(), earlier.rows() == null ? "uncounted" : earlier.rows()));
            } else if (earlier.rows() != null && later.rows() != null && lost(earlier.rows(), later.rows())) {
                found.add("Table %s has %d rows; before, it had %d."
                        .formatted(earlier.qualifiedName(), later.rows(), earlier.rows()));
            }
        }
        if (now.dumpBytes() < before.dumpBytes() * (1 - limits.size())) {
            found.add("The dump has %d bytes; the one before had %d.".formatted(now.dumpBytes(), before.dumpBytes()));
        }
        return found;
    }

    private boolean lost(long before, long now) {
        return before >= FEW_ROWS && now <= before * (1 - limits.rows());
    }
}
