import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes the lines that nginx and the API would write in one day, each request with a UUIDv7, and measures how long Loki takes to
 * find one of them: through the time that is in the id, and over the whole day.
 */
public final class LogLookup {

    private static final int BATCH = 1_000;
    private static final int SAMPLES = 25;
    private static final Pattern LINES = Pattern.compile("\\[\"\\d{19}\",");

    private final HttpClient http = HttpClient.newHttpClient();
    private final Random random = new Random(7);
    private final List<UUID> sampled = new ArrayList<>();
    private final String loki;
    private long bytes;

    private LogLookup(String loki) {
        this.loki = loki;
    }

    public static void main(String[] arguments) throws Exception {
        LogLookup bench = new LogLookup(arguments[0]);
        int lines = Integer.parseInt(arguments[1]);
        bench.waitUntilReady();
        Instant end = Instant.now().minusSeconds(60);
        bench.load(lines, end.minus(Duration.ofHours(23)), end);
        // What is in memory and older than three hours is not asked, so all of it has to be on disk.
        bench.post("/flush", "");
        Thread.sleep(10_000);
        bench.measure(lines, end);
    }

    private void waitUntilReady() throws Exception {
        for (int i = 0; i < 120; i++) {
            try {
                if (get("/ready").statusCode() == 200) {
                    return;
                }
            } catch (IOException e) {
                // not there yet
            }
            Thread.sleep(500);
        }
        throw new IllegalStateException(loki + " does not become ready");
    }

    private void load(int lines, Instant start, Instant end) throws Exception {
        long began = System.nanoTime();
        long nanos = Duration.between(start, end).toNanos();
        int requests = lines / 2;
        int every = Math.max(1, requests / 200);
        for (int request = 0; request < requests; request += BATCH) {
            StringBuilder nginx = new StringBuilder();
            StringBuilder api = new StringBuilder();
            for (int i = request; i < Math.min(request + BATCH, requests); i++) {
                Instant at = start.plusNanos(nanos / requests * i);
                UUID id = version7(at);
                if (i % every == 0) {
                    sampled.add(id);
                }
                append(nginx, at, id, nginxLine(id, at, i));
                append(api, at, id, apiLine(id, at));
            }
            push(nginx, api);
        }
        System.out.printf("%,d lines, %,d MB, loaded in %.0f s%n", lines, bytes / 1_000_000, (System.nanoTime() - began) / 1e9);
    }

    private void append(StringBuilder values, Instant at, UUID id, String line) {
        bytes += line.length();
        values.append(values.isEmpty() ? "" : ",")
                .append("[\"")
                .append(at.getEpochSecond())
                .append("%09d".formatted(at.getNano()))
                .append("\",\"")
                .append(line.replace("\"", "\\\""))
                .append("\",{\"request_id\":\"")
                .append(id)
                .append("\",\"method\":\"GET\",\"status\":\"200\"}]");
    }

    private static String nginxLine(UUID id, Instant at, int number) {
        return ("{\"timestamp\":\"%s\",\"level\":\"info\",\"service\":\"nginx\",\"request_id\":\"%s\",\"method\":\"GET\",\"path\":\"/api/orders/%d\",\"status\":200,"
                        + "\"duration_ms\":12.5,\"request_time\":0.0125,\"upstream_service\":\"api\",\"bytes_in\":312,\"bytes_out\":2048,\"client_ip\":\"10.1.2.%d\",\"user_agent\":\"Mozilla/5.0 (X11; Linux x86_64)\"}")
                .formatted(at, id, number % 997, number % 250);
    }

    private static String apiLine(UUID id, Instant at) {
        return ("{\"timestamp\":\"%s\",\"level\":\"INFO\",\"logger\":\"access\",\"message\":\"request served\",\"service\":\"api\",\"environment\":\"staging\","
                        + "\"request_id\":\"%s\",\"method\":\"GET\",\"route\":\"/api/orders/{id}\",\"status\":200,\"duration_ms\":11.1}")
                .formatted(at, id);
    }

    private void push(StringBuilder nginx, StringBuilder api) throws Exception {
        String stream = "{\"stream\":{\"stack\":\"bench\",\"host\":\"bench\",\"service\":\"%1$s\",\"source\":\"%1$s\",\"level\":\"info\"},\"values\":[%2$s]}";
        String body = "{\"streams\":[" + stream.formatted("nginx", nginx) + "," + stream.formatted("api", api) + "]}";
        HttpResponse<String> answer = post("/loki/api/v1/push", body);
        while (answer.statusCode() == 429) { // the stack's own limits hold here, too
            Thread.sleep(200);
            answer = post("/loki/api/v1/push", body);
        }
        if (answer.statusCode() != 204) {
            throw new IllegalStateException(answer.body());
        }
    }

    private void measure(int lines, Instant end) throws Exception {
        String both = "{stack=\"bench\"} |= \"%1$s\" | request_id=\"%1$s\"";
        String fieldOnly = "{stack=\"bench\"} | request_id=\"%1$s\"";
        Duration day = Duration.ofHours(24);
        report("5 minutes around the time in the id", both, null, end);
        report("5 minutes around, without the line filter", fieldOnly, null, end);
        report("24 hours", both, day, end);
        report("24 hours, without the line filter", fieldOnly, day, end);
        System.out.printf("(%,d lines; each found exactly twice)%n", lines);
    }

    private void report(String what, String query, Duration back, Instant end) throws Exception {
        double[] millis = new double[back == null ? SAMPLES : 7];
        for (int i = 0; i < millis.length; i++) {
            UUID id = sampled.get(random.nextInt(sampled.size()));
            Instant made = Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16);
            Instant from = back == null ? made.minusSeconds(300) : end.minus(back);
            Instant to = back == null ? made.plusSeconds(300) : end.plusSeconds(60);
            long began = System.nanoTime();
            String answer = get("/loki/api/v1/query_range?limit=100&start=%d&end=%d&query=%s"
                            .formatted(
                                    from.getEpochSecond(),
                                    to.getEpochSecond(),
                                    URLEncoder.encode(query.formatted(id), StandardCharsets.UTF_8)))
                    .body();
            millis[i] = (System.nanoTime() - began) / 1e6;
            Matcher found = LINES.matcher(answer);
            long count = found.results().count();
            if (count != 2) {
                throw new IllegalStateException("found " + count + " lines of " + id + ": " + answer);
            }
        }
        Arrays.sort(millis);
        System.out.printf("%-45s median %6.0f ms, worst of %d: %6.0f ms%n", what, millis[millis.length / 2], millis.length, millis[millis.length - 1]);
    }

    private UUID version7(Instant at) {
        long high = at.toEpochMilli() << 16 | 0x7000 | random.nextInt(0x1000);
        long low = random.nextLong() & 0x3fffffffffffffffL | 0x8000000000000000L;
        return new UUID(high, low);
    }

    private HttpResponse<String> get(String path) throws Exception {
        return http.send(HttpRequest.newBuilder(URI.create(loki + path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create(loki + path))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
