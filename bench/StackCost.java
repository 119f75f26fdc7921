import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads memory and processor time of each container of the compose project from the engine, which has them from the control groups:
 * memory is what is charged to the container without the page cache that the kernel would give back at once.
 */
public final class StackCost {

    /** Not part of watching: they are there with or without us. */
    private static final Set<String> WATCHED = Set.of("nginx", "api", "postgres", "redis");

    /** Until the programs that compile while they run have done so. */
    private static final int WARM_UP_SECONDS = 15;

    private record Usage(double memoryMib, double cpuSeconds) {}

    public static void main(String[] args) throws Exception {
        int rate = args.length > 0 ? Integer.parseInt(args[0]) : 170;
        int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 60;
        String edge = "http://127.0.0.1:" + System.getenv().getOrDefault("EDGE_PORT", "80");
        Map<String, String> containers = containers();
        Map<String, Usage> before = usage(containers);
        Thread.sleep(seconds * 1000L);
        Map<String, Usage> rested = usage(containers);
        load(edge, rate, WARM_UP_SECONDS);
        Map<String, Usage> warm = usage(containers);
        long[] latencies = load(edge, rate, seconds);
        Map<String, Usage> loaded = usage(containers);

        System.out.printf("| service | MiB at rest | MiB at %d/s | CPU %% of a core at rest | at %d/s |%n|---|---|---|---|---|%n", rate, rate);
        double[] sum = new double[4];
        for (String service : containers.keySet()) {
            double[] figures = {
                rested.get(service).memoryMib(),
                loaded.get(service).memoryMib(),
                100 * (rested.get(service).cpuSeconds() - before.get(service).cpuSeconds()) / seconds,
                100 * (loaded.get(service).cpuSeconds() - warm.get(service).cpuSeconds()) / seconds
            };
            print(service + (WATCHED.contains(service) ? " (watched)" : ""), figures);
            for (int i = 0; i < 4 && !WATCHED.contains(service); i++) {
                sum[i] += figures[i];
            }
        }
        print("**all that watches**", sum);
        Arrays.sort(latencies);
        long failed = Arrays.stream(latencies).filter(latency -> latency == Long.MAX_VALUE).count();
        System.out.printf(
                "%n%d requests through the edge, %d failed, p50 %.2f ms, p95 %.2f ms, p99 %.2f ms%n",
                latencies.length, failed, percentile(latencies, 50), percentile(latencies, 95), percentile(latencies, 99));
    }

    private static void print(String service, double[] figures) {
        System.out.printf("| %s | %.0f | %.0f | %.2f | %.2f |%n", service, figures[0], figures[1], figures[2], figures[3]);
    }

    private static double percentile(long[] sorted, int percent) {
        return sorted[(int) ((sorted.length - 1L) * percent / 100)] / 1e6;
    }

    /** Sends at a constant rate whatever the answers do; a latency counts from the moment the request was due. */
    private static long[] load(String edge, int rate, int seconds) throws InterruptedException {
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(5)).build();
        long[] latencies = new long[rate * seconds];
        AtomicInteger open = new AtomicInteger(latencies.length);
        long start = System.nanoTime();
        for (int i = 0; i < latencies.length; i++) {
            int request = i;
            long due = start + TimeUnit.SECONDS.toNanos(1) * i / rate;
            LockSupport.parkNanos(due - System.nanoTime());
            client.sendAsync(
                            HttpRequest.newBuilder(URI.create(edge + "/api/products/" + (1 + i % 5)))
                                    .timeout(Duration.ofSeconds(10))
                                    .build(),
                            HttpResponse.BodyHandlers.discarding())
                    .whenComplete((response, failure) -> {
                        boolean ok = failure == null && response.statusCode() == 200;
                        latencies[request] = ok ? System.nanoTime() - due : Long.MAX_VALUE;
                        open.decrementAndGet();
                    });
        }
        while (open.get() > 0) {
            TimeUnit.MILLISECONDS.sleep(20);
        }
        return latencies;
    }

    private static Map<String, String> containers() throws IOException, InterruptedException {
        Map<String, String> containers = new LinkedHashMap<>();
        run("docker", "compose", "-f", "docker-compose.staging.yml", "ps", "--format", "{{.Service}} {{.ID}}")
                .lines()
                .sorted()
                .forEach(line -> containers.put(line.substring(0, line.indexOf(' ')), line.substring(line.indexOf(' ') + 1)));
        if (containers.isEmpty()) {
            throw new IllegalStateException("the stack is not running: docker compose -f docker-compose.staging.yml up -d --wait");
        }
        return containers;
    }

    private static Map<String, Usage> usage(Map<String, String> containers) throws IOException, InterruptedException {
        Map<String, Usage> usage = new LinkedHashMap<>();
        for (Map.Entry<String, String> container : containers.entrySet()) {
            String stats = run(
                    "curl", "-fsS", "--unix-socket", "/var/run/docker.sock",
                    "http://engine/containers/" + container.getValue() + "/stats?stream=false&one-shot=true");
            String memory = stats.substring(stats.indexOf("\"memory_stats\""));
            double charged = number(memory, "usage");
            double cache = memory.contains("\"total_inactive_file\"")
                    ? number(memory, "total_inactive_file")
                    : number(memory, "inactive_file");
            usage.put(
                    container.getKey(),
                    new Usage((charged - cache) / (1 << 20), number(stats.substring(stats.indexOf("\"cpu_stats\"")), "total_usage") / 1e9));
        }
        return usage;
    }

    private static double number(String json, String field) {
        Matcher value = Pattern.compile("\"" + field + "\":(\\d+)").matcher(json);
        if (!value.find()) {
            throw new IllegalStateException("the engine tells no " + field);
        }
        return Double.parseDouble(value.group(1));
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of(command)).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String out = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IllegalStateException(String.join(" ", command) + " failed");
        }
        return out;
    }
}
