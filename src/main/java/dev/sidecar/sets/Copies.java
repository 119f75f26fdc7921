package dev.sidecar.sets;

import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest.StoredFile;
import dev.sidecar.stores.Store;
import dev.sidecar.stores.Store.Upload;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies published sets from the first store to all others: file by file, each compared with its checksum on the way, the manifest
 * last. The next run repeats what failed or was missed.
 */
public final class Copies {

    /** Events about the files of one store say nothing about those of another. */
    private static final Set<BackupEvent.Type> OF_ONE_STORE =
            Set.of(BackupEvent.Type.VERIFIED, BackupEvent.Type.DAMAGED, BackupEvent.Type.CHECKED);

    private static final Logger log = LoggerFactory.getLogger(Copies.class);
    private static final int BUFFER = 256 << 10;

    private final Catalogue catalogue;

    public Copies(Catalogue catalogue) {
        this.catalogue = catalogue;
    }

    /**
     * Copies to each store the sets of the database that are newer than the ones it has.
     *
     * @return the copies made
     * @throws BackupFailure if a store failed; the other stores have their copies
     */
    public List<Backup> complete(String database, Progress progress) {
        List<Store> stores = catalogue.stores();
        List<Backup> originals = of(database, stores.get(0));
        List<Backup> copies = new ArrayList<>();
        BackupFailure failure = null;
        for (Store store : stores.subList(1, stores.size())) {
            try {
                for (Backup missing : missing(originals, of(database, store))) {
                    copies.add(copy(missing, stores.get(0), store, progress));
                }
            } catch (BackupFailure e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
        return copies;
    }

    private List<Backup> of(String database, Store store) {
        return catalogue.list(store).stream()
                .filter(backup -> backup.id().database().equals(database))
                .toList();
    }

    /** Finds the sets that a store lacks. A set older than those in the store has expired there. */
    private static List<Backup> missing(List<Backup> originals, List<Backup> there) {
        return originals.stream()
                .filter(backup -> !backup.isDamaged())
                .filter(backup -> there.stream()
                        .filter(copy -> copy.id().generation() == backup.id().generation())
                        .allMatch(copy -> copy.id().compareTo(backup.id()) < 0))
                .toList();
    }

    private Backup copy(Backup backup, Store from, Store to, Progress progress) {
        progress.begin(
                "copying " + backup.id().database() + " to " + to.name(),
                backup.manifest().storedBytes());
        try {
            to.sweep(backup.id() + "/");
            for (StoredFile file : backup.manifest().files()) {
                String key = backup.id() + "/" + file.name();
                // An interrupted copy may have left the file; if an Object Lock keeps it, it is the same file.
                if (to.delete(key)) {
                    copyFile(key, file.sha256(), from, to, progress);
                }
            }
            copyManifest(backup, from, to);
            Backup copy = new Backup(backup.manifest(), to.name(), List.of(), backup.standing());
            for (BackupEvent event : backup.events()) {
                if (!OF_ONE_STORE.contains(event.type())) {
                    copy = catalogue.record(copy, event);
                }
            }
            log.atInfo()
                    .addKeyValue("backup", backup.id())
                    .addKeyValue("store", to.name())
                    .log("backup copied");
            return copy;
        } catch (IOException e) {
            throw new BackupFailure(
                    Reason.STORAGE,
                    "Cannot copy %s to '%s', the next run tries again: %s"
                            .formatted(backup.id(), to.name(), e.getMessage()),
                    e);
        }
    }

    /** Copies the signatures and then the manifest, if it still is the one that was listed. */
    private static void copyManifest(Backup backup, Store from, Store to) throws IOException {
        byte[] manifest;
        try (InputStream in = from.open(backup.id() + "/" + Manifest.FILE)) {
            manifest = ManifestFile.bytes(in);
        }
        if (!ManifestFile.read(manifest).equals(backup.manifest())) {
            throw new IOException("its manifest was changed meanwhile");
        }
        for (Store.Stored file : from.list(backup.id() + "/")) {
            if (Signatures.isPartOfSignature(file.key().substring((backup.id() + "/").length()))
                    && to.delete(file.key())) {
                try (InputStream in = from.open(file.key())) {
                    to.write(file.key(), ManifestFile.bytes(in));
                }
            }
        }
        to.write(backup.id() + "/" + Manifest.FILE, manifest);
    }

    private static void copyFile(String key, String sha256, Store from, Store to, Progress progress)
            throws IOException {
        Sha256 digest = new Sha256();
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = from.open(key);
                Upload upload = to.create(key)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new BackupFailure(Reason.SHUTDOWN, "Copying was stopped; the next run tries again.");
                }
                digest.update(buffer, 0, read);
                ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, read);
                while (bytes.hasRemaining()) {
                    upload.write(bytes);
                }
                progress.add(read);
            }
            if (!digest.hex().equals(sha256)) {
                throw new BackupFailure(
                        Reason.DAMAGED,
                        "%s in '%s' does not match the checksum in its manifest, so it is not copied."
                                .formatted(key, from.name()));
            }
            upload.publish();
        }
    }
}
