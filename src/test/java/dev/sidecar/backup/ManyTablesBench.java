package dev.sidecar.backup;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.support.PostgresServer;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A database of very many tables with a row each, as one with a schema for each customer has them: backed up, proven and restored.
 * Started by {@code bench/backup-tables} with a heap of 128 MB. What is quick for three thousand tables, as the tests have, may grow
 * with the square of their number.
 */
final class ManyTablesBench {

    private static final String DATABASE = "bench";
    private static final int AT_ONCE = 2_000;

    private ManyTablesBench() {}

    private interface Work {
        void run() throws Exception;
    }

    /** @param args how many tables */
    public static void main(String[] args) throws Exception {
        int tables = Integer.parseInt(args[0]);
        Path folder = Files.createTempDirectory("sidecar-bench-");
        // Each table and each key is a lock of whoever dumps them all at once.
        String locks = "max_locks_per_transaction=" + (256 + tables / 50);
        try (PostgresServer server =
                PostgresServer.start("shared_buffers=512MB", "max_wal_size=8GB", "autovacuum=off", locks)) {
            System.out.println("| " + tables + " tables | wall s |");
            System.out.println("|---|---|");
            time("(making them)", () -> fill(server, tables));
            BackupFixture fixture = new BackupFixture(server, folder);
            Backups backups = fixture.backups();
            time("`pg_dump -Fc` to /dev/null", () -> dump(server));
            Backup[] taken = new Backup[1];
            time("**backup**", () -> taken[0] = fixture.take(DATABASE));
            time("**verification L4**", () -> {
                Verification found = backups.verify(taken[0], VerificationLevel.L4, backups.progress());
                if (!found.held()) {
                    throw new IllegalStateException(found.problems().toString());
                }
            });
            time(
                    "**restore, compared with the manifest**",
                    () -> backups.restore(RestoreRequest.intoNew(taken[0].id(), "copy"), backups.progress()));
            time("list of backups", backups::list);
            System.out.println();
            System.out.printf(
                    Locale.ROOT,
                    "The manifest has %.1f MB.%n",
                    Files.size(fixture.store.resolve(taken[0].id() + "/" + Manifest.FILE)) / 1e6);
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static void fill(PostgresServer server, int tables) {
        server.execute("postgres", "CREATE DATABASE " + DATABASE);
        for (int first = 1; first <= tables; first += AT_ONCE) {
            server.execute(DATABASE, """
                    DO $$ BEGIN FOR i IN %d..%d LOOP
                      EXECUTE format('CREATE TABLE t_%%s (id int PRIMARY KEY, note text)', i);
                      EXECUTE format('INSERT INTO t_%%s VALUES (1, %%L)', i, i);
                    END LOOP; END $$""".formatted(first, Math.min(tables, first + AT_ONCE - 1)));
        }
    }

    private static void dump(PostgresServer server) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                        server.programs().resolve("pg_dump").toString(), "-Fc", "-Z0", DATABASE)
                .redirectError(Redirect.INHERIT)
                .redirectOutput(Redirect.DISCARD);
        builder.environment().put("PGPASSWORD", server.password());
        builder.environment().put("PGHOST", server.host());
        builder.environment().put("PGPORT", Integer.toString(server.port()));
        builder.environment().put("PGUSER", server.user());
        if (builder.start().waitFor() != 0) {
            throw new IllegalStateException("pg_dump failed");
        }
    }

    private static void time(String name, Work work) throws Exception {
        long began = System.nanoTime();
        work.run();
        System.out.printf(Locale.ROOT, "| %s | %.1f |%n", name, (System.nanoTime() - began) / 1e9);
    }
}
