package dev.sidecar.sets;

import dev.sidecar.sets.BackupEvent.Type;
import dev.sidecar.sets.Manifest.Contents;
import dev.sidecar.sets.Manifest.FileKind;
import dev.sidecar.sets.Manifest.Server;
import dev.sidecar.sets.Manifest.StoredFile;
import dev.sidecar.stores.Store;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Backups as the catalogue would read them, without a dump behind them. */
public final class SampleBackups {

    public static final Server SERVER = new Server(
            "15.14", 150_014, "7300000000000000001", "UTF8", "C.UTF-8", "C.UTF-8", "libc", null, null, List.of());

    private static final byte[] CONTENT = new byte[1_000];

    private SampleBackups() {}

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Lays it down as a taken one would lie there, with a file of the manifest's checksum. */
    public static void store(Backup backup, Store store) throws IOException {
        store.write(backup.id() + "/database.dump.zst", CONTENT);
        for (BackupEvent event : backup.events()) {
            store.write(
                    backup.id() + "/events/" + event.type() + "-" + event.at().getEpochSecond() + ".json",
                    ManifestFile.writeEvent(TestSets.signatures(Map.of()).sign(backup.id(), store.name(), event)));
        }
        TestSets.publish(backup.manifest(), store);
    }

    /** Taken right at its slot, and not verified further than when it was published. */
    public static Backup published(String database, Generation generation, String slot) {
        return published(database, generation, Instant.parse(slot), Instant.parse(slot));
    }

    public static Backup published(String database, Generation generation, Instant slot, Instant takenAt) {
        return published(database, generation, slot, takenAt, CONTENT.length);
    }

    /** One of that stored size, of which nothing but the manifest is there. */
    public static Backup published(
            String database, Generation generation, Instant slot, Instant takenAt, long storedBytes) {
        BackupId id = BackupId.next(database, takenAt, generation);
        Manifest manifest = new Manifest(
                1,
                id,
                slot,
                takenAt,
                takenAt.plusSeconds(60),
                SERVER,
                "pg_dump (PostgreSQL) 15.14",
                "zstd-1",
                null,
                List.of(new StoredFile(
                        "database.dump.zst", FileKind.DATABASE, storedBytes, 5_000, sha256(CONTENT), List.of())),
                new Contents(List.of(), List.of(), 0, List.of(), List.of(), List.of()),
                new Manifest.Origin("local", "h1", null, null));
        return new Backup(manifest, "local", List.of());
    }

    /** Restored and found equal ten minutes after it was taken. */
    public static Backup verified(String database, Generation generation, String slot) {
        return verified(published(database, generation, slot));
    }

    public static Backup verified(Backup backup) {
        return with(
                backup,
                new BackupEvent(
                        Type.VERIFIED,
                        backup.manifest().startedAt().plusSeconds(600),
                        VerificationLevel.L4,
                        Duration.ofSeconds(30),
                        "equal"));
    }

    public static Backup with(Backup backup, Type type) {
        return with(backup, BackupEvent.of(type, backup.manifest().startedAt().plusSeconds(900), "a test"));
    }

    public static Backup with(Backup backup, BackupEvent event) {
        List<BackupEvent> events = new ArrayList<>(backup.events());
        events.add(event);
        return new Backup(backup.manifest(), backup.store(), events);
    }
}
