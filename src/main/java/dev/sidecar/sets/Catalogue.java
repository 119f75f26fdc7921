package dev.sidecar.sets;

import dev.sidecar.sets.Signatures.Proven;
import dev.sidecar.stores.Store;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists the published sets of all stores. It keeps no state: the manifests in the stores are the catalogue. Only sets that this sidecar
 * signed, or that a person accepted, are backups; what else lies there is refused.
 */
public final class Catalogue {

    private static final Logger log = LoggerFactory.getLogger(Catalogue.class);
    private static final String EVENTS = "events/";
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private static final int MOST_EVENTS = 10_000;

    private final Map<String, Store> stores = new LinkedHashMap<>();
    private final Signatures signatures;
    private final Encryption encryption;

    /** @param stores backups are taken into the first; the others get copies */
    Catalogue(List<Store> stores, Signatures signatures, Encryption encryption) {
        this.signatures = signatures;
        this.encryption = encryption;
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

    /** Returns what signs and checks the sets. */
    public Signatures signatures() {
        return signatures;
    }

    /**
     * The contents of the stores.
     *
     * @param backups the newest first; a backup in two stores is listed twice
     * @param refused the sets that are no backups of ours
     * @param stores names of those that answered
     */
    public record Listing(List<Backup> backups, List<RefusedSet> refused, Set<String> stores) {}

    /** Lists the backups, the newest first; a backup in two stores is listed twice. */
    public List<Backup> list() {
        return look().backups();
    }

    /**
     * Lists all sets. If a store other than the first does not answer, its failure is logged and its sets are left out: it must not stop backups
     * into the first store.
     */
    public Listing look() {
        List<Backup> backups = new ArrayList<>();
        List<RefusedSet> refused = new ArrayList<>();
        Set<String> answered = new HashSet<>();
        for (Store store : stores()) {
            try {
                Listing listing = look(store);
                answered.add(store.name());
                backups.addAll(listing.backups());
                refused.addAll(listing.refused());
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
        return new Listing(backups, refused, answered);
    }

    /** Lists the backups of a store. */
    public List<Backup> list(Store store) {
        return look(store).backups();
    }

    /** Lists the sets of a store that have a manifest. One that is not ours is refused, and neither used nor deleted. */
    public Listing look(Store store) {
        List<Candidate> accepted = new ArrayList<>();
        List<RefusedSet> refused = new ArrayList<>();
        for (Map.Entry<String, List<String>> set : filesBySet(store).entrySet()) {
            if (set.getValue().contains(Manifest.FILE)) {
                try {
                    accepted.add(read(store, set.getKey(), set.getValue()));
                } catch (Refused e) {
                    refused.add(new RefusedSet(set.getKey(), store.name(), e.reason, e.getMessage()));
                } catch (NoSuchFileException e) {
                    // Deleted while we looked.
                }
            }
        }
        refuseReplaced(accepted, refused);
        return new Listing(
                List.copyOf(accepted.stream().map(Candidate::backup).toList()),
                List.copyOf(refused),
                Set.of(store.name()));
    }

    private static Map<String, List<String>> filesBySet(Store store) {
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
        return filesBySet;
    }

    /** A set that is ours, and the checksum of its manifest. */
    private record Candidate(Backup backup, String sha256) {}

    /** Refuses a set in the place of another that a later set names as the one before it. */
    private static void refuseReplaced(List<Candidate> accepted, List<RefusedSet> refused) {
        Map<String, String> expected = new HashMap<>();
        for (Candidate candidate : accepted) {
            Manifest.Origin origin = candidate.backup.manifest().origin();
            if (origin != null && origin.previous() != null && origin.previousSha256() != null) {
                expected.put(origin.previous(), origin.previousSha256());
            }
        }
        accepted.removeIf(candidate -> {
            String id = candidate.backup.id().toString();
            boolean replaced = !expected.getOrDefault(id, candidate.sha256).equals(candidate.sha256);
            if (replaced) {
                refused.add(new RefusedSet(
                        id,
                        candidate.backup.store(),
                        RefusedSet.Reason.CHANGED,
                        "the backup after it was taken after another one of this name. Delete it"));
            }
            return replaced;
        });
    }

    private static final class Refused extends Exception {

        private static final long serialVersionUID = 1L;

        private final RefusedSet.Reason reason;

        Refused(RefusedSet.Reason reason, String detail) {
            super(detail);
            this.reason = reason;
        }

        @Override
        public String getMessage() {
            return String.valueOf(super.getMessage());
        }
    }

    /** Reads a set. Nothing of its manifest is looked at before its signature was found to be valid. */
    private Candidate read(Store store, String set, List<String> files) throws Refused, NoSuchFileException {
        requireId(set);
        try {
            if (!Signatures.isSigned(files)) {
                throw new Refused(
                        RefusedSet.Reason.UNSIGNED,
                        "it has no signature. If it is from before backups were signed, 'sidecar adopt' accepts it");
            }
            byte[] bytes = bytes(store, set + "/" + Manifest.FILE, ManifestFile.LARGEST);
            List<Proven> proven = proven(store, set, files, bytes);
            Manifest manifest = manifest(set, bytes);
            Backup.Standing standing = standing(manifest, proven);
            return new Candidate(
                    new Backup(manifest, store.name(), events(store, set, files), standing), Sha256.of(bytes));
        } catch (NoSuchFileException | BackupFailure e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw new Refused(
                    RefusedSet.Reason.UNREADABLE,
                    "it cannot be read (%s). Check its files, or delete its folder by hand".formatted(e.getMessage()));
        }
    }

    private static void requireId(String set) throws Refused {
        try {
            BackupId.parse(set);
        } catch (IllegalArgumentException e) {
            throw new Refused(
                    RefusedSet.Reason.MISPLACED, "its folder has a name that no backup has. Move or delete it");
        }
    }

    private List<Proven> proven(Store store, String set, List<String> files, byte[] manifest)
            throws IOException, Refused {
        List<Proven> proven = signatures
                .proven(set, files, manifest, file -> bytes(store, set + "/" + file, Signatures.signatureBytes()))
                .orElseThrow(() -> new Refused(
                        RefusedSet.Reason.UNKNOWN_KEY,
                        "it is signed with a key that is not trusted here. If the key is yours, add it to"
                                + " sidecar.backup.signing.trusted-keys, or restore with --public-key"));
        if (proven.isEmpty()) {
            throw new Refused(
                    RefusedSet.Reason.CHANGED,
                    "it was changed after it was signed. Find out who changed it, and delete it");
        }
        return proven;
    }

    private static Manifest manifest(String set, byte[] bytes) throws IOException, Refused {
        Manifest manifest = ManifestFile.read(bytes);
        if (!manifest.id().toString().equals(set)) {
            throw new Refused(
                    RefusedSet.Reason.MISPLACED, "its manifest belongs to %s. Delete it".formatted(manifest.id()));
        }
        return manifest;
    }

    /** A person's word stands above the rules for sets that are signed. */
    private Backup.Standing standing(Manifest manifest, List<Proven> proven) throws Refused {
        Manifest.Origin origin = manifest.origin();
        boolean adopted = proven.contains(Proven.ADOPTED);
        if (!adopted && origin == null) {
            throw new Refused(RefusedSet.Reason.CHANGED, "its manifest does not say which sidecar took it. Delete it");
        }
        boolean own = origin == null || proven.contains(Proven.SIGNED_BY_HAND) || signatures.isOwnStack(origin);
        if (!adopted && origin != null && !own) {
            throw new Refused(
                    RefusedSet.Reason.OTHER_STACK,
                    "it was taken for stack '%s', but this is '%s'. If that was this one's name, 'sidecar adopt' accepts it"
                            .formatted(origin.stack(), signatures.stack()));
        }
        boolean plaintext = encryption.isOn() && manifest.encryption() == null;
        if (!adopted && plaintext) {
            throw new Refused(
                    RefusedSet.Reason.PLAINTEXT,
                    "it is not encrypted, but encryption is on. If it is from before that, 'sidecar adopt' accepts it");
        }
        return origin == null || !own || plaintext || !signed(proven)
                ? Backup.Standing.ADOPTED
                : Backup.Standing.SIGNED;
    }

    private static boolean signed(List<Proven> proven) {
        return proven.contains(Proven.SIGNED) || proven.contains(Proven.SIGNED_BY_HAND);
    }

    /** Reads the events that were recorded here; others count for nothing. */
    private List<BackupEvent> events(Store store, String set, List<String> files) throws IOException {
        List<BackupEvent> events = new ArrayList<>();
        for (StoredEvent event : storedEvents(store, set, files)) {
            if (signatures.vouchesFor(set, store.name(), event)) {
                events.add(event.event());
            }
        }
        return events;
    }

    private static List<StoredEvent> storedEvents(Store store, String set, List<String> files) throws IOException {
        List<String> names =
                files.stream().filter(file -> file.startsWith(EVENTS)).toList();
        if (names.size() > MOST_EVENTS) {
            throw new IOException("it has more than %d events".formatted(MOST_EVENTS));
        }
        List<StoredEvent> events = new ArrayList<>();
        for (String file : names) {
            events.add(ManifestFile.readEvent(bytes(store, set + "/" + file, ManifestFile.LARGEST_EVENT)));
        }
        return events;
    }

    private static byte[] bytes(Store store, String key, long largest) throws IOException {
        try (InputStream in = store.open(key)) {
            return ManifestFile.bytes(in, largest);
        }
    }

    /** Tries whether a backup is accepted as it is, and refused if a bit of its manifest is changed. */
    public boolean refusesForgery(Backup backup) {
        Store store = store(backup.store());
        String set = backup.id().toString();
        try {
            List<String> files = store.list(set + "/").stream()
                    .map(stored -> stored.key().substring(set.length() + 1))
                    .toList();
            byte[] manifest = bytes(store, set + "/" + Manifest.FILE, ManifestFile.LARGEST);
            boolean accepted = !proven(store, set, files, manifest).isEmpty();
            manifest[manifest.length / 2] ^= 1;
            try {
                proven(store, set, files, manifest);
                return false;
            } catch (Refused e) {
                return accepted;
            }
        } catch (IOException | Refused e) {
            throw new BackupFailure(
                    BackupFailure.Reason.STORAGE, "Cannot check %s: %s".formatted(set, e.getMessage()), e);
        }
    }

    /** Checks the signature of the list of checksums, which who restores by hand checks. @throws BackupFailure with DAMAGED */
    public void checkSums(Backup backup) {
        if (backup.standing() != Backup.Standing.SIGNED) {
            return;
        }
        Store store = store(backup.store());
        String set = backup.id().toString();
        try {
            List<String> files = store.list(set + "/").stream()
                    .map(stored -> stored.key().substring(set.length() + 1))
                    .toList();
            byte[] sums = bytes(store, set + "/" + Signatures.SUMS, ManifestFile.LARGEST);
            if (!signatures.areSigned(
                    sums, files, file -> bytes(store, set + "/" + file, Signatures.signatureBytes()))) {
                throw new IOException("its signature is missing or does not fit");
            }
        } catch (IOException e) {
            throw new BackupFailure(
                    BackupFailure.Reason.DAMAGED, Signatures.SUMS + " is damaged: " + e.getMessage(), e);
        }
    }

    /** Returns the checksum of a backup's manifest, which its successor records. */
    public String manifestSha256(Backup backup) {
        try {
            return Sha256.of(bytes(store(backup.store()), backup.id() + "/" + Manifest.FILE, ManifestFile.LARGEST));
        } catch (IOException e) {
            throw new BackupFailure(
                    BackupFailure.Reason.STORAGE, "Cannot read the manifest of %s: %s".formatted(backup.id(), e), e);
        }
    }

    /**
     * Accepts a refused set on a person's word, with what is recorded about it.
     *
     * @return the set as it is now
     * @throws BackupFailure if no person can accept it
     */
    public Backup adopt(RefusedSet refused) {
        if (!refused.reason().isAdoptable()) {
            throw new BackupFailure(BackupFailure.Reason.REFUSED, "It cannot be accepted: " + refused.sentence() + ".");
        }
        Store store = store(refused.store());
        try {
            List<String> files = store.list(refused.set() + "/").stream()
                    .map(stored -> stored.key().substring(refused.set().length() + 1))
                    .toList();
            byte[] bytes = bytes(store, refused.set() + "/" + Manifest.FILE, ManifestFile.LARGEST);
            Manifest manifest = manifest(refused.set(), bytes);
            List<StoredEvent> before = storedEvents(store, refused.set(), files);
            signatures.adopt(store, manifest.id(), bytes);
            Backup adopted =
                    new Backup(manifest, store.name(), events(store, refused.set(), files), Backup.Standing.ADOPTED);
            for (StoredEvent event : before) {
                if (event.signature() == null) {
                    adopted = record(adopted, event.event());
                }
            }
            log.atWarn()
                    .addKeyValue("backup", refused.set())
                    .addKeyValue("store", refused.store())
                    .addKeyValue("user", System.getProperty("user.name"))
                    .log("backup adopted: a person accepted a set that was refused as {}", refused.reason());
            return adopted;
        } catch (IOException | Refused e) {
            throw new BackupFailure(
                    BackupFailure.Reason.REFUSED, "Cannot adopt %s: %s".formatted(refused.set(), e.getMessage()), e);
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
            store(backup.store())
                    .write(key, ManifestFile.writeEvent(signatures.sign(backup.id(), backup.store(), event)));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot record %s: %s".formatted(event.type(), e), e);
        }
        List<BackupEvent> events = new ArrayList<>(backup.events());
        events.add(event);
        return new Backup(backup.manifest(), backup.store(), events, backup.standing());
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
