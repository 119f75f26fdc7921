package dev.sidecar.backup;

import dev.sidecar.checks.TestChecks;
import dev.sidecar.postgres.InstalledPrograms;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.postgres.TestPostgres;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.Generation;
import dev.sidecar.sets.Progress;
import dev.sidecar.sets.TestSets;
import dev.sidecar.stores.LocalStore;
import dev.sidecar.stores.TroubledStore;
import dev.sidecar.support.BoundSettings;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A process of its own that a test kills: it begins to take or to verify a backup, says so, and waits for its end. */
public final class KilledSidecar {

    private KilledSidecar() {}

    /** @param arguments {@code take|verify|restore}, the database, the major or the new database, then settings as name=value */
    public static void main(String[] arguments) throws Exception {
        Map<String, Object> settings = new HashMap<>();
        for (String argument : List.of(arguments).subList(2, arguments.length)) {
            settings.put(argument.substring(0, argument.indexOf('=')), argument.substring(argument.indexOf('=') + 1));
        }
        LocalStore local = new LocalStore(Path.of(String.valueOf(settings.get("directory"))));
        Postgres postgres = TestPostgres.of(settings);
        Progress progress = new Progress(Clock.systemUTC());
        if (arguments[0].equals("take")) {
            TroubledStore store = TroubledStore.stalling(local, key -> key.contains("tables-01"));
            Thread watch = new Thread(() -> {
                try {
                    store.reached.await();
                    System.out.println("begun");
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            watch.start();
            BackupTools tools = new BackupTools(
                    postgres,
                    TestSets.catalogue(List.of(store)),
                    TestSets.compression(settings),
                    TestSets.encryption(settings),
                    TestChecks.of(settings),
                    Clock.systemUTC());
            new Taker(BoundSettings.ofBackup(settings, BackupProperties.class), tools)
                    .take(
                            new TakeRequest(arguments[1], Generation.MANUAL, Instant.EPOCH),
                            java.util.Optional.empty(),
                            progress);
        } else if (arguments[0].equals("restore")) {
            BackupTools tools = new BackupTools(
                    postgres,
                    TestSets.catalogue(List.of(local)),
                    TestSets.compression(settings),
                    TestSets.encryption(settings),
                    TestChecks.of(settings),
                    Clock.systemUTC());
            Backup backup = tools.catalogue().list().get(0);
            System.out.println("begun");
            new Restorer(BoundSettings.ofBackup(settings, BackupProperties.class), tools)
                    .restore(backup, RestoreRequest.intoNew(backup.id(), arguments[1]), progress);
        } else {
            InstalledPrograms.Client client = postgres.programs().ofMajor(Integer.parseInt(arguments[1]));
            postgres.scratchServer(client, 0, java.util.List.of());
            System.out.println("begun");
            Thread.sleep(600_000);
        }
    }
}
