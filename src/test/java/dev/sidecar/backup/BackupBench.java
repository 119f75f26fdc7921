package dev.sidecar.backup;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.support.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/**
 * Backups measured side by side with what scripts do: wall time, CPU of the client side, and size. Started by {@code bench/backup}
 * with a heap of 128 MB. Each row runs several times, the rows taking turns, and the fastest run counts: what else the machine does
 * can only slow one down.
 */
final class BackupBench {

    private static final String DATABASE = "bench";
    private static final String FLOOR = "`pg_dump` to /dev/null: the floor";
    private static final String GZIP = "`pg_dump \\| gzip -9`";
    private static final String RESTORE = "`pg_restore -j2` of a directory, as `pg_dump -Fd` writes it";
    private static final double TICKS_PER_SECOND = 100;
    private static final int ORDERS_FOR_EACH_GB = 540_000;

    private final PostgresServer server;
    private final Path folder;
    private final int rounds;
    private final List<Row> rows = new ArrayList<>();

    private BackupBench(PostgresServer server, Path folder, int rounds) {
        this.server = server;
        this.folder = folder;
        this.rounds = rounds;
    }

    /** @param args how many GB of rows, 2.2 if left out; how many rounds, 3 if left out; {@code scripts}, {@code take} or {@code restore} alone */
    public static void main(String[] args) throws Exception {
        double gigabytes = args.length > 0 ? Double.parseDouble(args[0]) : 2.2;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        Path folder = Files.createTempDirectory("sidecar-bench-");
        try (PostgresServer server = PostgresServer.start("shared_buffers=1GB", "max_wal_size=8GB", "autovacuum=off")) {
            BackupBench bench = new BackupBench(server, folder, rounds);
            bench.fill(gigabytes);
            List<String> parts = args.length > 2 ? List.of(args[2]) : List.of("scripts", "take", "restore");
            for (int round = 1; round <= rounds; round++) {
                System.err.println("round " + round + " of " + rounds);
                if (parts.contains("scripts")) {
                    bench.scripts();
                }
                if (parts.contains("take")) {
                    bench.taking();
                }
            }
            if (parts.contains("restore")) {
                bench.restoring();
            }
            bench.print();
        } finally {
            delete(folder);
        }
    }

    private void fill(double gigabytes) throws Exception {
        System.err.println("filling the database");
        server.execute("postgres", "CREATE DATABASE " + DATABASE);
        Shop.fill(server, DATABASE, (int) (gigabytes * ORDERS_FOR_EACH_GB));
        System.err.println("database: "
                + server.query(DATABASE, "SELECT pg_size_pretty(pg_database_size(current_database()))")
                + ", tables "
                + server.query(
                        DATABASE,
                        "SELECT pg_size_pretty(sum(pg_table_size(oid))) FROM pg_class WHERE relkind = 'r'"
                                + " AND relnamespace = 'public'::regnamespace"));
    }

    private void scripts() throws Exception {
        shell(FLOOR, "pg_dump -Fc -Z0 $DB > /dev/null", null);
        shell(GZIP, "pg_dump $DB | gzip -9 > gzip9", "gzip9");
        shell("`pg_dump -Fc`", "pg_dump -Fc $DB > fc", "fc");
    }

    private void taking() throws Exception {
        shell(FLOOR, "pg_dump -Fc -Z0 $DB > /dev/null", null);
        ours("**ours, checksum, without counting**", "dump.count-rows-up-to", "1B");
        ours("**ours, checksum, every row counted**", "dump.digests", "false");
        ours("**ours, counted and encrypted**", "encryption.passphrase", "correct horse battery staple");
        counting("the counting alone");
    }

    private void restoring() throws Exception {
        shell("`pg_dump -Fd -j2` (to restore from)", "pg_dump -Fd -j2 -f fd $DB", null);
        shell("the same uncompressed", "pg_dump -Fd -Z0 -j2 -f fd0 $DB", null);
        BackupFixture fixture = fixture();
        Backups backups = fixture.backups();
        Backup taken = fixture.take(DATABASE);
        for (int round = 1; round <= rounds; round++) {
            System.err.println("restores, round " + round + " of " + rounds);
            restoreInto(RESTORE, "pg_restore -j2 -d $INTO fd");
            restoreInto("`pg_restore -j2` of an uncompressed directory", "pg_restore -j2 -d $INTO fd0");
            String into = "restored_" + round;
            time("**our restore, parallel, compared with the manifest**", () -> {
                backups.restore(RestoreRequest.intoNew(taken.id(), into), backups.progress());
                return 0L;
            });
            server.dropDatabase(into);
            verifying("**our verification L4, scratch server included**", "true", taken);
            verifying("**the same without amcheck**", "false", taken);
            restoreInto("a piped stream: `pg_restore`, one at a time", "pg_dump -Fc -Z0 $DB | pg_restore -d $INTO");
        }
    }

    private void verifying(String name, String indexes, Backup taken) throws Exception {
        Backups backups = fixture().with("verify.indexes", indexes).backups();
        time(name, () -> {
            Verification found = backups.verify(taken, VerificationLevel.L4, backups.progress());
            if (!found.held()) {
                throw new IllegalStateException(found.problems().toString());
            }
            rows.add(new Row(
                    "**our restore within L4**",
                    found.measuredRestore().orElseThrow().toMillis() / 1000.0,
                    0,
                    0));
            return 0L;
        });
    }

    private void ours(String name, String setting, String value) throws Exception {
        BackupFixture fixture = fixture().with(setting, value);
        time(name, () -> fixture.take(DATABASE).manifest().storedBytes());
        delete(fixture.store);
    }

    private BackupFixture fixture() {
        return new BackupFixture(server, folder.resolve("ours"));
    }

    private void counting(String name) throws Exception {
        time(name, () -> {
            for (String table : Shop.TABLES) {
                server.query(DATABASE, "SELECT count(*) FROM " + table);
            }
            return 0L;
        });
    }

    private void restoreInto(String name, String command) throws Exception {
        server.execute("postgres", "DROP DATABASE IF EXISTS restored", "CREATE DATABASE restored TEMPLATE template0");
        shell(name, command, null);
        server.dropDatabase("restored");
    }

    private void shell(String name, String command, String file) throws Exception {
        time(name, () -> {
            ProcessBuilder builder = new ProcessBuilder("bash", "-c", "set -o pipefail; " + command)
                    .directory(folder.toFile())
                    .inheritIO();
            builder.environment().put("PATH", server.programs() + ":" + System.getenv("PATH"));
            builder.environment().put("PGPASSWORD", server.password());
            builder.environment().put("PGHOST", server.host());
            builder.environment().put("PGPORT", Integer.toString(server.port()));
            builder.environment().put("PGUSER", server.user());
            builder.environment().put("DB", DATABASE);
            builder.environment().put("INTO", "restored");
            if (builder.start().waitFor() != 0) {
                throw new IllegalStateException(command + " failed");
            }
            return file == null ? 0L : Files.size(folder.resolve(file));
        });
    }

    private void time(String name, Callable<Long> work) throws Exception {
        double cpu = cpuSeconds();
        long began = System.nanoTime();
        long bytes = work.call();
        rows.add(new Row(name, (System.nanoTime() - began) / 1e9, cpuSeconds() - cpu, bytes));
        System.err.println("  " + rows.get(rows.size() - 1));
    }

    private record Row(String name, double wall, double cpu, long bytes) {}

    /** Of this process and of the children that it has waited for; the server's is not in it, it is the same for all. */
    private static double cpuSeconds() {
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            double ticks = 0;
            for (int field = 11; field <= 14; field++) {
                ticks += Long.parseLong(fields[field]);
            }
            return ticks / TICKS_PER_SECOND;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void print() {
        List<String> names = rows.stream().map(Row::name).distinct().toList();
        System.out.println("| | wall s | × floor | client CPU s | × gzip -9 | MB | × gzip -9 |");
        System.out.println("|---|---|---|---|---|---|---|");
        double floor = 0;
        Row gzip = names.contains(GZIP) ? best(GZIP) : null;
        for (String name : names) {
            Row row = best(name);
            floor = name.equals(FLOOR) || name.equals(RESTORE) ? row.wall() : floor;
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.1f | %s | %s | %s | %s | %s |%n",
                    name,
                    row.wall(),
                    floor == 0 ? "–" : number("%.2f", row.wall() / floor),
                    number("%.1f", row.cpu()),
                    gzip == null ? "–" : number("%.2f", row.cpu() / gzip.cpu()),
                    number("%.0f", row.bytes() / 1e6),
                    gzip == null ? "–" : number("%.2f", (double) row.bytes() / gzip.bytes()));
        }
        System.out.printf(
                Locale.ROOT,
                "%nHeap: none of it needed more than the %d MB allowed. Load of the machine at the end: %.1f on %d cores.%n",
                Runtime.getRuntime().maxMemory() >> 20,
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                Runtime.getRuntime().availableProcessors());
    }

    private static String number(String format, double value) {
        return value == 0 ? "–" : format.formatted(value);
    }

    private Row best(String name) {
        return rows.stream()
                .filter(row -> row.name().equals(name))
                .min(Comparator.comparing(Row::wall))
                .orElseThrow();
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
