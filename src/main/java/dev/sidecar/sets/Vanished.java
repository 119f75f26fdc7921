package dev.sidecar.sets;

import dev.sidecar.kept.KeptFile;
import dev.sidecar.sets.Catalogue.Listing;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers which backups each store held, and tells which are not there any more though retention keeps them: a person or a rule of the
 * bucket deleted them, or the store is not what it was. Who took one on demand may delete it, unless it is pinned.
 */
public final class Vanished {

    private static final Logger log = LoggerFactory.getLogger(Vanished.class);
    /** Waiting does not bring a deleted backup back, so the alert does not repeat for weeks. */
    private static final Duration TOLD_FOR = Duration.ofDays(1);

    private static final int LONGEST = 16 * 1024 * 1024;
    private static final int NAMED = 5;

    private final @Nullable KeptFile<Content> file;
    private final ToIntFunction<Generation> keep;
    private final Clock clock;
    private final Map<String, Map<BackupId, Seen>> seen = new HashMap<>();

    /**
     * @param file in which it is kept over a restart; blank for none
     * @param keep how many backups of a generation are kept
     */
    public Vanished(String file, ToIntFunction<Generation> keep, Clock clock) {
        this.file = file.isBlank()
                ? null
                : new KeptFile<>(
                        Path.of(file),
                        Content.class,
                        LONGEST,
                        "the list of backups in the stores",
                        "what was deleted meanwhile is not missed");
        this.keep = keep;
        this.clock = clock;
    }

    /** @param goneSince null while it is there */
    private record Seen(boolean pinned, @Nullable Instant goneSince) {}

    private record Content(Map<String, Map<String, Seen>> stores) {}

    /**
     * Compares what lies in the stores with what lay there at the last look.
     *
     * @param forgotten databases whose backups nobody has to keep
     * @return how many each store lacks; a store that did not answer is left out
     */
    public synchronized Map<String, Integer> look(Listing listing, Set<String> forgotten) {
        Map<String, Map<BackupId, Seen>> before = Map.copyOf(seen);
        if (seen.isEmpty() && file != null) {
            file.read(Vanished::parsed).ifPresent(seen::putAll);
        }
        Map<String, Integer> counts = new TreeMap<>();
        for (String store : listing.stores()) {
            Map<BackupId, Seen> now = now(store, listing, forgotten);
            seen.put(store, now);
            counts.put(store, (int)
                    now.values().stream().filter(one -> one.goneSince() != null).count());
        }
        if (file != null && !seen.equals(before)) {
            file.write(written());
        }
        return counts;
    }

    private Map<BackupId, Seen> now(String store, Listing listing, Set<String> forgotten) {
        Map<BackupId, Seen> now = new HashMap<>();
        listing.backups().stream()
                .filter(backup -> backup.store().equals(store))
                .filter(backup -> !forgotten.contains(backup.id().database()))
                .forEach(backup -> now.put(backup.id(), new Seen(backup.isPinned(), null)));
        Set<String> refused = listing.refused().stream()
                .filter(set -> set.store().equals(store))
                .map(RefusedSet::set)
                .collect(Collectors.toSet());
        Set<BackupId> there = Set.copyOf(now.keySet());
        Instant instant = clock.instant();
        Map<BackupId, Seen> gone = new TreeMap<>();
        Map<BackupId, Seen> newlyGone = new TreeMap<>();
        seen.getOrDefault(store, Map.of()).forEach((id, was) -> {
            if (there.contains(id)
                    || refused.contains(id.toString())
                    || forgotten.contains(id.database())
                    || mayBeGone(id, was, there)) {
                return;
            }
            Instant since = was.goneSince() == null ? instant : was.goneSince();
            if (instant.isBefore(since.plus(TOLD_FOR))) {
                gone.put(id, new Seen(was.pinned(), since));
            }
            if (was.goneSince() == null) {
                newlyGone.put(id, was);
            }
        });
        if (!newlyGone.isEmpty()) {
            say(store, newlyGone.keySet());
        }
        now.putAll(gone);
        return now;
    }

    /** Retention counts, so what as many newer ones follow as are kept has expired. */
    private boolean mayBeGone(BackupId id, Seen was, Set<BackupId> there) {
        if (was.pinned()) {
            return false;
        }
        return id.generation() == Generation.MANUAL
                || there.stream()
                                .filter(other -> other.database().equals(id.database())
                                        && other.generation() == id.generation()
                                        && other.takenAt().isAfter(id.takenAt()))
                                .count()
                        >= keep.applyAsInt(id.generation());
    }

    private static void say(String store, Collection<BackupId> gone) {
        String some = gone.stream().limit(NAMED).map(BackupId::toString).collect(Collectors.joining(", "));
        log.atError()
                .addKeyValue("store", store)
                .addKeyValue("count", gone.size())
                .log(
                        "backups vanished from the store, and retention did not delete them: {}{}",
                        some,
                        gone.size() > NAMED ? " and %d more".formatted(gone.size() - NAMED) : "");
    }

    private Content written() {
        Map<String, Map<String, Seen>> stores = new TreeMap<>();
        seen.forEach((store, backups) -> {
            Map<String, Seen> ids = new TreeMap<>();
            backups.forEach((id, one) -> ids.put(id.toString(), one));
            stores.put(store, ids);
        });
        return new Content(stores);
    }

    private static Map<String, Map<BackupId, Seen>> parsed(Content content) {
        Map<String, Map<BackupId, Seen>> stores = new HashMap<>();
        content.stores().forEach((store, ids) -> {
            Map<BackupId, Seen> backups = new HashMap<>();
            ids.forEach((id, one) -> {
                try {
                    backups.put(BackupId.parse(id), one);
                } catch (IllegalArgumentException e) {
                    // Not of our writing; nothing is missed for it.
                }
            });
            stores.put(store, backups);
        });
        return stores;
    }
}
