package dev.sidecar.backup;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.Catalogue;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.stores.Store;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes the backups that {@link Retention} does not keep, store by store. A dry run prints the same reasons. */
public final class Expiration {

    private static final Logger log = LoggerFactory.getLogger(Expiration.class);

    private final Catalogue catalogue;
    private final Predicate<BackupId> inUse;
    private final RetentionPolicy policy;
    private final Clock clock;

    Expiration(Catalogue catalogue, Predicate<BackupId> inUse, RetentionPolicy policy, Clock clock) {
        this.catalogue = catalogue;
        this.inUse = inUse;
        this.policy = policy;
        this.clock = clock;
    }

    /** Decides by the settings which backups would be deleted now. */
    public List<Decision> decide() {
        return decide(policy.atMostAtOnce());
    }

    /** Decides with another limit. @param atMost how many backups of one database and generation may be deleted */
    public List<Decision> decide(int atMost) {
        List<Backup> all = catalogue.list();
        Retention retention = new Retention(policy.withAtMost(atMost), backup -> isProven(backup, all), inUse);
        List<Decision> decisions = new ArrayList<>();
        for (Store store : catalogue.stores()) {
            List<Backup> ofStore = all.stream()
                    .filter(backup -> backup.store().equals(store.name()))
                    .toList();
            decisions.addAll(retention.decide(ofStore, clock.instant()));
        }
        return decisions;
    }

    /** A copy whose checksums were read again from its own store counts like the backup that was restored: the bytes are the same. */
    private boolean isProven(Backup backup, List<Backup> all) {
        return policy.isVerified(backup)
                || backup.isVerified(VerificationLevel.L1)
                        && all.stream().anyMatch(twin -> twin.id().equals(backup.id()) && policy.isVerified(twin));
    }

    /** Deletes expired backups by the settings. */
    public ExpirationResult run() {
        return run(policy.atMostAtOnce());
    }

    /** Deletes expired backups with another limit. @param atMost how many backups of one database and generation may be deleted */
    public ExpirationResult run(int atMost) {
        List<Decision> decisions = decide(atMost);
        List<BackupId> deleted = new ArrayList<>();
        List<BackupId> retained = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        for (Decision decision : decisions) {
            BackupId id = decision.backup().id();
            if (decision.keep() || inUse.test(id)) {
                continue;
            }
            try {
                boolean gone = catalogue.delete(decision.backup());
                (gone ? deleted : retained).add(id);
                log.atInfo()
                        .addKeyValue("backup", id)
                        .addKeyValue("store", decision.backup().store())
                        .log(
                                gone
                                        ? "backup expired: {}"
                                        : "backup is due to expire, the storage keeps it for now: {}",
                                String.join("; ", decision.reasons()));
            } catch (IOException e) {
                failures.add("Cannot delete %s from %s: %s"
                        .formatted(id, decision.backup().store(), e.getMessage()));
                log.atWarn()
                        .addKeyValue("backup", id)
                        .addKeyValue("store", decision.backup().store())
                        .log("cannot delete an expired backup, the next run tries again: {}", e.getMessage());
            }
        }
        return new ExpirationResult(decisions, deleted, retained, failures);
    }
}
