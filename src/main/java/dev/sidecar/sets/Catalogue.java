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

/** Lists the published sets of all stores. It keeps no state: the manifests in the stores are the catalogue. */
public final class Catalogue {

    private static final Logger log = LoggerFactory.getLogger(Catalogue.class);
    private static final String EVENTS = "events/";
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Map<String, Store> stores = new LinkedHashMap<>();

    /** @param stores backups are taken into the first; the others get copies */
    public Catalogue(List<Store> stores) {
        stores.forEach(store -> this.stores.put(store.name(), store));
    }

    /** Returns all stores, first the one that backups are taken into. */
    public List<Store> stores() {
        return List.copyOf(stores.values());
    }

    /** Finds a store by its name. @throws IllegalArgumentException if there is none */
    public Store store(String name) {
        Store store = stores.get(name);
        if (store == null) {
            throw new IllegalArgumentException(
                    "There is no store '%s'; there are %s.".formatted(name, stores.keySet()));
        }
        return store;
    }

    /**
     * Lists the backups, the newest first; a backup in two stores is listed twice. If a store other than the first does not answer, its failure
     * is logged and its backups are left out: it must not stop backups into the first store.
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
                log.atWarn()
                        .addKeyValue("store", store.name())
                        .log("cannot list this store, its backups are left out: {}", e.getMessage());
            }
        }
        // Ids count seconds; of two backups in one second the manifests tell which was first.
        backups.sort(Comparator.comparing((Backup backup) -> backup.manifest().startedAt())
                .thenComparing(Backup::id)
                .reversed());
        return backups;
    }

    /** Lists the sets of a store that have a valid manifest. An unreadable set is logged, and neither used nor deleted. */
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
                    BackupFailure.Reason.STORAGE, "Cannot list store '%s': %s".formatted(store.name(), e), e);
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
                throw new IOException("its manifest belongs to " + manifest.id());
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
                    .log("cannot read this backup, it is left out; check its manifest, or delete its folder by hand");
        }
    }

    private static byte[] bytes(Store store, String key) throws IOException {
        try (InputStream in = store.open(key)) {
            return ManifestFile.bytes(in);
        }
    }

    /** Records an event beside the set. @return the backup with the event */
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
            throw new UncheckedIOException("cannot record %s: %s".formatted(event.type(), e), e);
        }
        List<BackupEvent> events = new ArrayList<>(backup.events());
        events.add(event);
        return new Backup(backup.manifest(), backup.store(), events);
    }

    /** Deletes a set, the manifest first, so that an interrupted delete leaves no set that looks complete. @return false if the storage keeps it for now */
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

    /** Removes unfinished backups of this database. Call it only while you hold the database's lock. */
    public void sweep(String database) {
        for (Store store : stores.values()) {
            try {
                sweep(store, BackupId.encode(database) + ".");
            } catch (IOException e) {
                log.atWarn()
                        .addKeyValue("store", store.name())
                        .setCause(e)
                        .log("cannot remove unfinished backups, the next run tries again");
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
