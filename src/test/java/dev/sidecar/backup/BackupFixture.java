package dev.sidecar.backup;

import dev.sidecar.checks.TestChecks;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.postgres.TestPostgres;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.Catalogue;
import dev.sidecar.sets.Encryption;
import dev.sidecar.sets.Generation;
import dev.sidecar.sets.TestSets;
import dev.sidecar.stores.LocalStore;
import dev.sidecar.stores.Store;
import dev.sidecar.support.BoundSettings;
import dev.sidecar.support.PostgresServer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Backups of the shared server into a folder of the test, with all settings at their defaults but those a test gives. */
public final class BackupFixture {

    final PostgresServer server;
    final Path folder;
    public final Path store;
    final Map<String, Object> settings = new HashMap<>();
    final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private BackupMetrics metrics;
    private Clock clock = Clock.systemUTC();

    public BackupFixture(PostgresServer server, Path folder) {
        this.server = server;
        this.folder = folder;
        store = folder.resolve("store");
        settings.put("server.host", server.host());
        settings.put("server.port", server.port());
        settings.put("server.user", server.user());
        settings.put("server.password", server.password());
        settings.put("server.programs", server.programs().toString());
        settings.put("directory", store.toString());
    }

    public BackupFixture with(String setting, Object value) {
        settings.put(setting, value);
        return this;
    }

    BackupFixture at(Clock clock) {
        this.clock = clock;
        return this;
    }

    public BackupProperties properties() {
        return BoundSettings.ofBackup(settings, BackupProperties.class);
    }

    Postgres postgres() {
        return TestPostgres.of(settings);
    }

    Encryption encryption() {
        return TestSets.encryption(settings);
    }

    BackupTools tools(Catalogue catalogue) {
        return new BackupTools(
                postgres(), catalogue, TestSets.compression(settings), encryption(), TestChecks.of(settings), clock);
    }

    public Backups backups() {
        return backups(new LocalStore(store));
    }

    public Backups backups(Store first) {
        return backups(TestSets.catalogue(List.of(first), settings));
    }

    /** The stores as a sidecar with these settings sees them. */
    Catalogue catalogue(Store... stores) {
        return TestSets.catalogue(List.of(stores), settings);
    }

    public Backups backups(Catalogue catalogue) {
        BackupProperties properties = properties();
        return new Backups(properties, tools(catalogue), new InUse(folder.resolve("in-use")), metrics(properties));
    }

    /** One for all, as two would publish under the same names. */
    synchronized BackupMetrics metrics(BackupProperties properties) {
        if (metrics == null) {
            metrics = new BackupMetrics(registry, properties.rpo(), properties.rto());
        }
        return metrics;
    }

    public TakeRequest request(String database) {
        return new TakeRequest(database, Generation.MANUAL, clock.instant());
    }

    public Backup take(String database) {
        Backups backups = backups();
        return backups.take(request(database), backups.progress());
    }

    /** A shell script that stands for one of the client programs; the others are the real ones. */
    BackupFixture withProgram(String name, String script) throws IOException {
        Path fake = Files.createDirectories(folder.resolve("programs/bin"));
        for (String each :
                List.of("pg_dump", "pg_dumpall", "pg_restore", "psql", "initdb", "postgres", "pg_ctl", "pg_amcheck")) {
            Path program = fake.resolve(each);
            Files.writeString(
                    program,
                    "#!/bin/sh\nREAL=%s\n[ \"$1\" = --version ] && exec $REAL --version\n%s\n"
                            .formatted(
                                    server.programs().resolve(each), each.equals(name) ? script : "exec $REAL \"$@\""));
            // The scratch server's programs run as another user than root.
            program.toFile().setExecutable(true, false);
        }
        settings.put("server.programs", fake.toString());
        if (!server.programs().startsWith("/usr")) {
            // A sandbox shows its own programs and what is installed, not another one's.
            settings.put("scratch.contents-trusted", "true");
            settings.put("scratch.sandboxes", "");
        }
        return this;
    }

    /** Every file under the store, by its path within. */
    public List<String> stored() throws IOException {
        if (!Files.exists(store)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(store)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> store.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    public String metric(String line) {
        return registry.scrape()
                .lines()
                .filter(text -> text.startsWith(line))
                .findFirst()
                .map(text -> text.substring(text.lastIndexOf(' ') + 1))
                .orElse("absent");
    }
}
