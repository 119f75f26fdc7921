package dev.sidecar.sets;

import dev.sidecar.stores.Store;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The published sets of all stores. Keeps nothing of its own: what lies in the stores is the catalogue. */
public final class Catalogue {

    private static final Logger log = LoggerFactory.getLogger(Catalogue.class);
    private static final String EVENTS = "events/";
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Map<String, Store> stores = new LinkedHashMap<>();

    /** @param stores the first is the one that backups are taken into, further ones get copies */
    public Catalogue(List<Store> stores) {
        stores.forEach(store -> this.stores.put(store.name(), store));
    }

    /** All stores, the first being the one that backups are taken into. */
    public List<Store> stores() {
        return List.copyOf(stores.values());
    }

    public Store store(String name) {
        Store store = stores.get(name);
        if (store == null) {
            throw new IllegalArgumentException(
                    "There is no store '%s'; there are %s.".formatted(name, stores.keySet()));
        }
        return store;
    }

    /**
     * Newest first; the same backup in two stores comes twice. A further store that does not answer is logged and left out: it must
     * not keep the first from getting its backups.
     */
    public List<Backup> list() {
        List<Backup> backups = new ArrayList<>();
        for (Store store : stores()) {
            try {
                backups.addAll(list(store));
            } catch (BackupFailure e) {
                if (store == stores().get(0)) {
                    throw e;
                }
                log.atWarn().addKeyValue("store", store.name()).log("store is left out for now: {}", e.getMessage());
            }
        }
        // Ids count seconds; of two backups within one the manifests know which was first.
        backups.sort(Comparator.comparing((Backup backup) -> backup.manifest().startedAt())
                .thenComparing(Backup::id)
                .reversed());
        return backups;
    }

    /** Sets with a whole manifest. One that cannot be read is logged, and is neither used nor deleted. */
    public List<Backup> list(Store store) {
        Map<String, List<String>> filesBySet = new LinkedHashMap<>();
        try {
            for (Store.Stored stored : store.list("")) {
                int slash = stored.key().indexOf('/');
                if (slash > 0) {
                    filesBySet
                            .computeIfAbsent(stored.key().substring(0, slash), set -> new ArrayList<>())
                            .add(stored.key().substring(slash + 1));
                }
            }
        } catch (IOException e) {
            throw new BackupFailure(
                    BackupFailure.Reason.STORAGE, "The store '%s' cannot be listed: %s".formatted(store.name(), e), e);
        }
        List<Backup> backups = new ArrayList<>();
        filesBySet.forEach((set, files) -> {
            if (files.contains(Manifest.FILE)) {
                read(store, set, files, backups);
            }
        });
        return backups;
    }

    private void read(Store store, String set, List<String> files, List<Backup> into) {
        try {
            Manifest manifest = ManifestFile.read(bytes(store, set + "/" + Manifest.FILE));
            if (!manifest.id().toString().equals(set)) {
                throw new IOException("its manifest is that of " + manifest.id());
            }
            List<BackupEvent> events = new ArrayList<>();
            for (String file : files) {
                if (file.startsWith(EVENTS)) {
                    events.add(ManifestFile.readEvent(bytes(store, set + "/" + file)));
                }
            }
            into.add(new Backup(manifest, store.name(), events));
        } catch (IOException | RuntimeException e) {
            log.atError()
                    .addKeyValue("backup", set)
                    .addKeyValue("store", store.name())
                    .setCause(e)
                    .log("backup cannot be read, it is left out; look at its manifest, or delete its folder by hand");
        }
    }

    private static byte[] bytes(Store store, String key) throws IOException {
        try (InputStream in = store.open(key)) {
            return ManifestFile.bytes(in);
        }
    }

    /** Writes down what became known of a backup, beside it. */
    public Backup record(Backup backup, BackupEvent event) {
        String key = "%s/%s%s-%s-%s.json"
                .formatted(
                        backup.id(),
                        EVENTS,
                        STAMP.format(event.at()),
                        event.type().name().toLowerCase(Locale.ROOT),
                        HexFormat.of()
                                .toHexDigits((short) ThreadLocalRandom.current().nextInt()));
        try {
            store(backup.store()).write(key, ManifestFile.writeEvent(event));
        } catch (IOException e) {
            throw new UncheckedIOException("%s could not be written down: %s".formatted(event.type(), e), e);
        }
        List<BackupEvent> events = new ArrayList<>(backup.events());
        events.add(event);
        return new Backup(backup.manifest(), backup.store(), events);
    }

    /** Deletes a set, the manifest first: an interrupted delete leaves no set that looks whole. */
    public boolean delete(Backup backup) throws IOException {
        Store store = store(backup.store());
        if (!store.delete(backup.id() + "/" + Manifest.FILE)) {
            return false;
        }
        for (Store.Stored stored : store.list(backup.id() + "/")) {
            store.delete(stored.key());
        }
        return true;
    }

    /** Removes what runs of this database left unfinished. Only for whoever holds the database's lock. */
    public void sweep(String database) {
        for (Store store : stores.values()) {
            try {
                sweep(store, BackupId.encode(database) + ".");
            } catch (IOException e) {
                log.atWarn()
                        .addKeyValue("store", store.name())
                        .setCause(e)
                        .log("leftovers of unfinished backups could not be removed, the next run tries again");
            }
        }
    }

    private static void sweep(Store store, String prefix) throws IOException {
        store.sweep(prefix);
        List<Store.Stored> files = store.list(prefix);
        for (Store.Stored file : files) {
            String set = file.key().substring(0, file.key().indexOf('/') + 1);
            if (files.stream().noneMatch(other -> other.key().equals(set + Manifest.FILE))) {
                store.delete(file.key());
            }
        }
    }
}
