package dev.sidecar.backup;

import dev.sidecar.support.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
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
    private static final double TICKS_PER_SECOND = 100;

    private final PostgresServer server;
    private final Path folder;
    private final int rounds;
    private final List<Row> rows = new ArrayList<>();

    private BackupBench(PostgresServer server, Path folder, int rounds) {
        this.server = server;
        this.folder = folder;
        this.rounds = rounds;
    }

    /** @param args how many GB of rows, 2.2 if left out; how many rounds, 3 if left out */
    public static void main(String[] args) throws Exception {
        double gigabytes = args.length > 0 ? Double.parseDouble(args[0]) : 2.2;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        Path folder = Files.createTempDirectory("sidecar-bench-");
        try (PostgresServer server = PostgresServer.start("shared_buffers=1GB", "max_wal_size=8GB", "autovacuum=off")) {
            BackupBench bench = new BackupBench(server, folder, rounds);
            bench.fill(gigabytes);
            bench.measure();
            bench.print();
        } finally {
            delete(folder);
        }
    }

    /** Rows as an API has them: keys, times, names, prose, JSON. */
    private void fill(double gigabytes) {
        System.err.println("filling the database");
        server.execute("postgres", "CREATE DATABASE " + DATABASE);
        long orders = (long) (gigabytes * 950_000);
        server.execute(
                DATABASE,
                "SELECT setseed(0.42)",
                "CREATE TABLE word (i int PRIMARY KEY, w text)",
                "INSERT INTO word SELECT i, substr(md5(i::text), 1, 3 + i % 8) FROM generate_series(0, 4095) i",
                "CREATE FUNCTION prose(n int) RETURNS text LANGUAGE sql VOLATILE AS $$"
                        + " SELECT string_agg(w, ' ') FROM (SELECT w FROM generate_series(1, n) g,"
                        + " LATERAL (SELECT (4095 * power(random(), 3))::int + 0 * g AS k) r JOIN word ON i = k) x $$",
                "CREATE TABLE phrase AS SELECT i AS k, prose(12 + i % 25) AS p FROM generate_series(0, 49999) i",
                "CREATE TABLE customer (id bigint PRIMARY KEY, email text, name text, created_at timestamptz)",
                "INSERT INTO customer SELECT i, md5(i::text) || '@example.org', 'Customer ' || i,"
                        + " '2020-01-01'::timestamptz + random() * interval '6 years' FROM generate_series(1, %d) i"
                                .formatted(orders / 10),
                "CREATE TABLE orders (id uuid PRIMARY KEY, customer_id bigint, placed_at timestamptz, total numeric(10,2),"
                        + " status text, note text)",
                "INSERT INTO orders SELECT gen_random_uuid(), 1 + (random() * %d)::int, '2024-01-01'::timestamptz"
                                .formatted(orders / 10 - 1)
                        + " + i * interval '13 seconds', round((random() * 900)::numeric, 2),"
                        + " (ARRAY['new','paid','sent','returned'])[1 + i % 4], p"
                        + " FROM generate_series(1, %d) g(i) JOIN phrase ON k = i %% 50000".formatted(orders),
                "CREATE TABLE event (id bigserial PRIMARY KEY, at timestamptz, order_id bigint, body jsonb)",
                "INSERT INTO event (at, order_id, body) SELECT '2024-01-01'::timestamptz + i * interval '5 seconds', i,"
                        + " jsonb_build_object('type', (ARRAY['viewed','added','paid'])[1 + i % 3], 'session', md5(i::text),"
                        + " 'ip', '10.' || i % 255 || '.' || i % 251 || '.7', 'ms', (random() * 900)::int, 'text', p)"
                        + " FROM generate_series(1, %d) g(i) JOIN phrase ON k = (i * 7) %% 50000".formatted(orders * 2),
                "CREATE INDEX ON orders (customer_id)",
                "CREATE INDEX ON event (at)",
                "VACUUM ANALYZE");
        System.err.println("database: "
                + server.query(DATABASE, "SELECT pg_size_pretty(pg_database_size(current_database()))")
                + ", tables "
                + server.query(
                        DATABASE,
                        "SELECT pg_size_pretty(sum(pg_table_size(oid))) FROM pg_class WHERE relkind = 'r'"
                                + " AND relnamespace = 'public'::regnamespace"));
    }

    private void measure() throws Exception {
        for (int round = 1; round <= rounds; round++) {
            System.err.println("round " + round + " of " + rounds);
            shell("`pg_dump` to /dev/null: the floor", "pg_dump -Fc -Z0 $DB > /dev/null", null);
            shell("`pg_dump \\| gzip -9`", "pg_dump $DB | gzip -9 > gzip9", "gzip9");
            shell("`pg_dump -Fc`", "pg_dump -Fc $DB > fc", "fc");
            ours("**ours, checksum, without counting**", "dump.count-rows-up-to", "1B");
            ours("**ours, checksum, every row counted**", "dump.digests", "false");
            ours("**ours, counted and encrypted**", "encryption.passphrase", "correct horse battery staple");
            counting("the counting alone");
        }
        for (int round = 1; round <= rounds; round++) {
            System.err.println("restores, round " + round + " of " + rounds);
            shell("`pg_dump -Fd -j2` (to restore from)", "rm -rf fd; pg_dump -Fd -Z0 -j2 -f fd $DB", null);
            restoreInto("`pg_restore -j2` of a directory", "pg_restore -j2 -d $INTO fd");
        }
        restoring();
        for (int round = 1; round <= rounds; round++) {
            restoreInto("`gunzip \\| psql`", "gunzip -c < gzip9 | psql -q -v ON_ERROR_STOP=1 -d $INTO > /dev/null");
        }
    }

    private void restoring() throws Exception {
        for (int round = 1; round <= rounds; round++) {
            BackupFixture fixture = fixture();
            Backups backups = fixture.backups();
            Backup taken = fixture.take(DATABASE);
            String into = "restored_" + round;
            time("**our restore, parallel, compared with the manifest**", () -> {
                backups.restore(RestoreRequest.intoNew(taken.id(), into), backups.progress());
                return 0L;
            });
            server.dropDatabase(into);
            time("**our verification L4, scratch server included**", () -> {
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
            delete(fixture.store);
        }
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
            for (String table : List.of("word", "phrase", "customer", "orders", "event")) {
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
        double floor = best(names.get(0)).wall();
        Row gzip = best(names.get(1));
        System.out.println("| | wall s | × floor | client CPU s | × gzip -9 | MB | × gzip -9 |");
        System.out.println("|---|---|---|---|---|---|---|");
        for (String name : names) {
            Row row = best(name);
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.1f | %.2f | %s | %s | %s | %s |%n",
                    name,
                    row.wall(),
                    row.wall() / floor,
                    row.cpu() == 0 ? "–" : "%.1f".formatted(row.cpu()),
                    row.cpu() == 0 ? "–" : "%.2f".formatted(row.cpu() / gzip.cpu()),
                    row.bytes() == 0 ? "–" : "%.0f".formatted(row.bytes() / 1e6),
                    row.bytes() == 0 ? "–" : "%.2f".formatted((double) row.bytes() / gzip.bytes()));
        }
        long heap = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .mapToLong(BackupBench::peak)
                .sum();
        System.out.printf(
                Locale.ROOT,
                "%nLargest heap: %d MB of %d MB allowed. Load of the machine at the end: %.1f on %d cores.%n",
                heap >> 20,
                Runtime.getRuntime().maxMemory() >> 20,
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                Runtime.getRuntime().availableProcessors());
    }

    private Row best(String name) {
        return rows.stream()
                .filter(row -> row.name().equals(name))
                .min(Comparator.comparing(Row::wall))
                .orElseThrow();
    }

    private static long peak(MemoryPoolMXBean pool) {
        return pool.getPeakUsage().getUsed();
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
