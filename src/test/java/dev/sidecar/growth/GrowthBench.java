package dev.sidecar.growth;

import dev.sidecar.growth.Growth.Team;
import dev.sidecar.support.PostgresServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Measures what one host, one database and one request cost, predicts from that what ten hosts and 1,000 requests a second do, loads the stack
 * with those, and writes both side by side. Started by {@code bench/growth}; docs/scaling.md quotes what it writes.
 */
final class GrowthBench implements AutoCloseable {

    private static final int FEW_HOSTS = 3;
    private static final int QUIET_REQUESTS = 500;
    private static final int MANY = 150;
    private static final int SERVER_EVERY = 5;
    private static final int SERVER = 3;
    private static final List<String> PROCESSES = List.of("prometheus", "relay", "gateway", "edge");

    private final Figures figures = new Figures();
    private final GrowingStack stack;
    private final int seconds;
    private final List<Host> hosts = new ArrayList<>();
    private final Map<String, Double> fastest = new HashMap<>();
    private int agent;
    private int refused;
    private long due;

    /** One that another program plays by pushing what a real exporter said. */
    private record Host(Exposition exposition, String token) {}

    /** The figures of a time: processor seconds by process, and samples that the relay passed on. */
    private record Window(double seconds, Map<String, Double> processor, double samples) {

        double cores(String process) {
            return processor.get(process) / seconds;
        }
    }

    private GrowthBench(Path folder, int seconds) throws Exception {
        this.stack = new GrowingStack(folder);
        this.seconds = seconds;
    }

    /** @param args seconds of each measurement, 120 if left out */
    public static void main(String[] args) throws Exception {
        Path folder = Files.createTempDirectory("sidecar-growth-");
        try (GrowthBench bench = new GrowthBench(folder, args.length > 0 ? Integer.parseInt(args[0]) : 120)) {
            bench.run();
        } finally {
            try (Stream<Path> all = Files.walk(folder)) {
                all.sorted(Comparator.reverseOrder())
                        .forEach(path -> path.toFile().delete());
            }
        }
        System.exit(0);
    }

    private void run() throws Exception {
        machine();
        countSeries();
        // Compilers and caches do their work first.
        request(QUIET_REQUESTS, seconds);
        figures.comment("");
        figures.comment(
                "Unit costs: the centre alone, then " + FEW_HOSTS + " hosts, " + QUIET_REQUESTS + " requests/s");
        rules();
        Window alone = watch(seconds);
        double aloneSeries = stack.own("prometheus_tsdb_head_series");
        double aloneHeap = stack.liveHeap();
        double aloneRules = rules();
        unit("centre_series", aloneSeries, "of the centre's programs that run here, rules' own among them");
        unit("prometheus_live", aloneHeap / Growth.MIB, "MiB alive in Prometheus' heap without other hosts");
        unit("prometheus_cpu", alone.cores("prometheus"), "cores of Prometheus without other hosts");
        unit("relay_cpu", alone.cores("relay"), "cores of the relay without other hosts");
        unit(
                "rules",
                aloneRules,
                "seconds for all shipped rules once, without other hosts (wall time, the fastest of each group)");

        grow(FEW_HOSTS);
        unit(
                "collector_series",
                collector(new Exposition("x", 1)).size(),
                "of a host's collector about itself (Prometheus in its place)");
        rest(30);
        rules();
        Window few = watch(seconds);
        double fewSeries = stack.own("prometheus_tsdb_head_series");
        double perSecond = few.samples() / few.seconds();
        unit("relay_series", stack.relaySeries("host-2"), "of the relay about each host");
        unit(
                "prometheus_series",
                (stack.liveHeap() - aloneHeap) / (fewSeries - aloneSeries),
                "bytes alive for each further series, an hour of it in the head");
        unit(
                "prometheus_sample",
                1e6 * (few.cores("prometheus") - alone.cores("prometheus")) / perSecond,
                "µs of processor for each pushed sample, rules over it among them");
        unit(
                "relay_sample",
                1e6 * (few.cores("relay") - alone.cores("relay")) / perSecond,
                "µs of processor for each pushed sample");
        unit("rules_host", Math.max(0, rules() - aloneRules) / FEW_HOSTS, "seconds more for each host");
        String real = stack.scrape("127.0.0.1:" + agent);
        unit(
                "push_sample",
                GrowingStack.sum(real, "prometheus_remote_storage_bytes_total")
                        / GrowingStack.sum(real, "prometheus_remote_storage_samples_total"),
                "bytes of a sample on its way, of a real collector's pushes (compressed)");
        unit("disk_sample", diskBytesPerSample(), "bytes of a sample in a block of an hour, index included");
        quietRequests();

        Map<String, Double> predicted = new Growth(figures).predict(Team.FIRST);
        figures.comment("");
        figures.comment("Predicted for 10 hosts and 1,000 requests/s, before the load");
        predicted.forEach((name, value) -> figures.add("predicted", name, value, "by dev.sidecar.growth.Growth"));
        figures.comment("");
        figures.comment("Measured under that load, " + seconds + " s");
        load();
        figures.write();
    }

    private void unit(String name, double value, String how) {
        figures.add("unit", name, value, how);
    }

    private void machine() throws IOException {
        String processor = Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.replaceFirst(".*: ", ""))
                .findFirst()
                .orElse("unknown");
        figures.comment("Written by bench/growth. docs/scaling.md quotes it, and a test compares.");
        figures.comment("");
        figures.comment("%d processors of %s, load %s before; Linux %s; JDK %s; PostgreSQL %s; Prometheus %s"
                .formatted(
                        Runtime.getRuntime().availableProcessors(),
                        processor,
                        Files.readString(Path.of("/proc/loadavg")).split(" ")[0],
                        System.getProperty("os.version").replaceFirst("(\\d+\\.\\d+).*", "$1"),
                        System.getProperty("java.version"),
                        stack.postgres
                                .query("postgres", "SHOW server_version")
                                .get(0)
                                .split(" ")[0],
                        stack.prometheusVersion()));
        figures.comment("");
        figures.comment("Series of exporters");
    }

    private void countSeries() throws Exception {
        PostgresServer postgres = stack.postgres;
        unit(
                "node_series",
                new Exposition("x", 1)
                        .add("node", "exporter", stack.scrape(stack.nodeExporter), "node_")
                        .size(),
                "of a host's node exporter, on this machine");
        // The exporter tells of a hundred statements, whichever those are: there shall be more.
        for (int i = 1; i <= MANY; i++) {
            postgres.execute("postgres", "SELECT " + "1,".repeat(i) + "1");
        }
        int one = postgresSeries(stack.postgresExporter);
        unit("postgres_series", one, "of a server with the database postgres alone, and many statements");
        for (int i = 0; i < 10; i++) {
            postgres.createDatabase("more");
        }
        int eleven = postgresSeries(stack.postgresExporter);
        unit("database_series", (eleven - one) / 10.0, "for each further database");
        String all = stack.exporterOfTables();
        int before = postgresSeries(all);
        postgres.execute(
                "postgres",
                "DO $$ BEGIN FOR i IN 1..%d LOOP EXECUTE 'CREATE TABLE t' || i || ' (i int PRIMARY KEY)'; END LOOP; END $$"
                        .formatted(MANY));
        unit(
                "table_series",
                (double) (postgresSeries(stack.postgresExporter) - eleven) / MANY,
                "for each table, as the collectors of tables are off");
        unit("table_series_if_on", (double) (postgresSeries(all) - before) / MANY, "for each table, if they were on");
        unit("redis_series", redis(new Exposition("x", 1)).size(), "of a Redis");
    }

    private int postgresSeries(String exporter) throws Exception {
        return new Exposition("x", 1)
                .add("postgres", "exporter", stack.scrape(exporter), "pg_")
                .size();
    }

    private Exposition postgres(Exposition into) throws Exception {
        return into.add("postgres", "exporter", stack.scrape(stack.postgresExporter), "pg_");
    }

    private Exposition redis(Exposition into) throws Exception {
        return into.add("redis", "exporter", stack.scrape(stack.redisExporter), "redis_");
    }

    /** Adds hosts until there are so many: the first is a real collector, and one of five has PostgreSQL and Redis. */
    private void grow(int many) throws Exception {
        if (hosts.isEmpty()) {
            String token = stack.hosts.add("host-1");
            agent = stack.agent(token);
            // Its queue's metrics are there from its first push on.
            TimeUnit.SECONDS.sleep(20);
            hosts.add(new Host(new Exposition("host-1", 0), token));
        }
        while (hosts.size() < many) {
            int number = hosts.size() + 1;
            String name = "host-" + number;
            Exposition said = new Exposition(name, number);
            collector(said.add("node", "exporter", stack.scrape(stack.nodeExporter), "node_"));
            if (number % SERVER_EVERY == SERVER) {
                redis(postgres(said));
            }
            said.writeHour(stack.prometheus());
            hosts.add(new Host(said, stack.hosts.add(name)));
        }
    }

    private Exposition collector(Exposition into) throws Exception {
        return into.add("alloy", "infra", stack.scrape("127.0.0.1:" + agent), "prometheus_remote_storage_");
    }

    /** Pushes of all hosts but the real one, as they fall due, for so long. */
    private void rest(int seconds) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (System.nanoTime() < end) {
            if (System.nanoTime() >= due) {
                due = System.nanoTime() + TimeUnit.SECONDS.toNanos((long) Growth.SCRAPE_SECONDS);
                stack.ruleSeconds().forEach((group, took) -> fastest.merge(group, took, Math::min));
                for (Host host : hosts) {
                    if (!host.equals(hosts.get(0))) {
                        refused += host.exposition().push(stack.relay(), host.token());
                    }
                }
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    private Window watch(int seconds) throws Exception {
        Map<String, Double> before = stack.processorSeconds();
        double samples = stack.ofRelay("sidecar_relay_accepted_total");
        long begin = System.nanoTime();
        rest(seconds);
        return since(before, samples, begin);
    }

    private Window since(Map<String, Double> before, double samples, long begin) throws Exception {
        Map<String, Double> after = stack.processorSeconds();
        PROCESSES.forEach(process -> after.merge(process, before.get(process), (now, then) -> now - then));
        return new Window(
                (System.nanoTime() - begin) / 1e9, after, stack.ofRelay("sidecar_relay_accepted_total") - samples);
    }

    /** Of each group the fastest run since the last call: what else the machine does only slows one down. */
    private double rules() {
        double sum = fastest.values().stream().mapToDouble(value -> value).sum();
        fastest.clear();
        return sum;
    }

    private void quietRequests() throws Exception {
        long lines = stack.lines.get();
        long bytes = stack.lineBytes.get();
        long accessLines = lines(stack.accessLog());
        long accessBytes = Files.size(stack.accessLog());
        Map<String, Double> before = stack.processorSeconds();
        double[] answered = request(QUIET_REQUESTS, seconds / 2);
        Map<String, Double> after = stack.processorSeconds();
        double requests = answered[1];
        unit(
                "gateway_request",
                1e6 * (after.get("gateway") - before.get("gateway")) / requests,
                "µs of processor for each request at " + QUIET_REQUESTS + "/s");
        unit(
                "edge_request",
                1e6 * (after.get("edge") - before.get("edge")) / requests,
                "µs of processor for each request");
        unit(
                "gateway_line",
                (double) (stack.lineBytes.get() - bytes) / (stack.lines.get() - lines),
                "bytes of the gateway's line of a request");
        unit(
                "edge_line",
                (double) (Files.size(stack.accessLog()) - accessBytes) / (lines(stack.accessLog()) - accessLines),
                "bytes of the edge's line of a request");
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        String text = String.join("\n", stack.someLines);
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(text.getBytes());
        }
        unit("line_packed", (double) packed.size() / text.length(), "of a line's bytes left after gzip of many");
    }

    private static long lines(Path file) throws IOException {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.count();
        }
    }

    /** Asks at a constant rate, by the client of bench/gateway. @return p99 in ms, requests, failures */
    private double[] request(int rate, int seconds) throws Exception {
        Process client = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "bench/ConstantRate.java",
                        "" + stack.edgePort(),
                        "/api/products/1",
                        "" + rate,
                        "" + seconds)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        while (client.isAlive()) {
            rest(1);
        }
        String[] said =
                new String(client.getInputStream().readAllBytes()).strip().split(" ");
        return new double[] {Double.parseDouble(said[2]), rate * (seconds + 3.0), Double.parseDouble(said[4])};
    }

    private double diskBytesPerSample() throws Exception {
        double bytes = 0;
        double samples = 0;
        try (Stream<Path> files = Files.walk(stack.snapshot())) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                bytes += Files.size(file);
                if (file.endsWith("meta.json")) {
                    JsonNode statistics =
                            JsonMapper.shared().readTree(Files.readString(file)).path("stats");
                    samples += statistics.path("numSamples").asDouble();
                }
            }
        }
        return bytes / samples;
    }

    private void load() throws Exception {
        grow(Team.FIRST.hosts());
        rest(30);
        rules();
        int before = refused;
        Map<String, Double> processor = stack.processorSeconds();
        double samples = stack.ofRelay("sidecar_relay_accepted_total");
        long lines = stack.lines.get();
        long begin = System.nanoTime();
        double[] answered = request(Team.FIRST.requests(), seconds);
        Window window = since(processor, samples, begin);
        double rate = answered[1] / window.seconds();
        measured("series", stack.own("prometheus_tsdb_head_series"), "");
        measured("samples_s", window.samples() / window.seconds(), "");
        measured("prometheus_live_mib", stack.liveHeap() / Growth.MIB, "");
        measured("prometheus_cpu", window.cores("prometheus"), "cores");
        measured("rules_s", rules(), "seconds, with the client on the same processors");
        measured("relay_cpu", window.cores("relay"), "cores");
        measured("edge_cpu", window.cores("edge") * Team.FIRST.requests() / rate, "cores, at exactly 1,000/s");
        measured("gateway_cpu", window.cores("gateway") * Team.FIRST.requests() / rate, "cores, at exactly 1,000/s");
        measured("prometheus_resident_mib", stack.residentMib("prometheus"), "of the 256 MiB of its container");
        measured("relay_resident_mib", stack.residentMib("relay"), "of the 256 MiB of its container");
        measured("gateway_resident_mib", stack.residentMib("gateway"), "of the 192 MiB of its container");
        measured("requests", answered[1], "sent");
        measured("requests_failed", answered[2], "");
        measured("request_p99_ms", answered[0], "from when it was due; the client shares the processors");
        measured("gateway_lines", stack.lines.get() - lines, "written meanwhile");
        measured("pushes_refused", refused - before, "of the nine hosts that are played");
        measured("relay_troubles", stack.ofRelay("sidecar_relay_troubles_total"), "since the start" + stack.troubles());
        measured("rules_missed", stack.own("prometheus_rule_group_iterations_missed_total"), "since the start");
    }

    private void measured(String name, double value, String how) {
        String text = how;
        if (figures.of("predicted").containsKey(name)) {
            text = "%.2f of what was predicted%s"
                    .formatted(value / figures.get("predicted", name), how.isEmpty() ? "" : "; " + how);
        }
        figures.add("measured", name, value, text.formatted(Locale.ROOT));
    }

    @Override
    public void close() throws Exception {
        stack.close();
    }
}
