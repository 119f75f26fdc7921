package dev.sidecar.backup;

import dev.sidecar.backup.BackupEvent.Type;
import dev.sidecar.backup.Manifest.Contents;
import dev.sidecar.backup.Manifest.FileKind;
import dev.sidecar.backup.Manifest.Server;
import dev.sidecar.backup.Manifest.StoredFile;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Backups as the catalogue would read them, without a dump behind them. */
final class SampleBackups {

    static final Server SERVER = new Server(
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
    static void store(Backup backup, BackupStore store) throws IOException {
        store.write(backup.id() + "/database.dump.zst", CONTENT);
        for (BackupEvent event : backup.events()) {
            store.write(backup.id() + "/events/" + event.type() + "-" + event.at().getEpochSecond() + ".json",
                    ManifestFile.writeEvent(event));
        }
        store.write(backup.id() + "/" + Manifest.FILE, ManifestFile.write(backup.manifest()));
    }

    /** Taken right at its slot, and not verified further than when it was published. */
    static Backup published(String database, Generation generation, String slot) {
        return published(database, generation, Instant.parse(slot), Instant.parse(slot));
    }

    static Backup published(String database, Generation generation, Instant slot, Instant takenAt) {
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
                        "database.dump.zst", FileKind.DATABASE, CONTENT.length, 5_000, sha256(CONTENT), List.of())),
                new Contents(List.of(), List.of(), 0, List.of(), List.of(), List.of()));
        return new Backup(manifest, "local", List.of());
    }

    /** Restored and found equal ten minutes after it was taken. */
    static Backup verified(String database, Generation generation, String slot) {
        return verified(published(database, generation, slot));
    }

    static Backup verified(Backup backup) {
        return with(
                backup,
                new BackupEvent(
                        Type.VERIFIED,
                        backup.manifest().startedAt().plusSeconds(600),
                        VerificationLevel.L4,
                        Duration.ofSeconds(30),
                        "equal"));
    }

    static Backup with(Backup backup, Type type) {
        return with(backup, BackupEvent.of(type, backup.manifest().startedAt().plusSeconds(900), "a test"));
    }

    static Backup with(Backup backup, BackupEvent event) {
        List<BackupEvent> events = new ArrayList<>(backup.events());
        events.add(event);
        return new Backup(backup.manifest(), backup.store(), events);
    }
}
