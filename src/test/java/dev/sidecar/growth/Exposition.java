package dev.sidecar.growth;

import dev.sidecar.relay.Samples;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Says again and again, as another host's, what a real exporter said once: what was zero stays so, counters grow by whole numbers or fractions
 * as they are, other figures move a little, and half of all stand still, as most of a quiet host do.
 */
final class Exposition {

    private static final Pattern LINE = Pattern.compile("([a-zA-Z_:][\\w:]*)(?:\\{(.*)\\})? (\\S+)");
    private static final Pattern LABEL = Pattern.compile("([a-zA-Z_]\\w*)=\"((?:[^\"\\\\]|\\\\.)*)\"");

    private final List<Series> series = new ArrayList<>();
    private final Random random;

    private static final class Series {

        final String metric;
        final Map<String, String> pushed;
        final Map<String, String> kept;
        final boolean still;
        double value;

        Series(
                String metric,
                Map<String, String> labels,
                String service,
                String role,
                String host,
                double value,
                boolean still) {
            this.metric = metric;
            this.value = value;
            this.still = still;
            pushed = new HashMap<>(labels);
            pushed.put("instance", service + "-exporter");
            kept = new HashMap<>(pushed);
            pushed.put("job", service);
            kept.putAll(Map.of(
                    "job",
                    "satellite-" + service,
                    "service",
                    service,
                    "role",
                    role,
                    "host",
                    host,
                    "stack",
                    GrowingStack.STACK));
        }

        boolean grows() {
            return metric.endsWith("_total")
                    || metric.endsWith("_count")
                    || metric.endsWith("_sum")
                    || metric.endsWith("_bucket");
        }
    }

    Exposition(String host, long seed) {
        random = new Random(seed);
        this.host = host;
    }

    private final String host;

    /** @param prefixes what the relay lets pass of this service */
    Exposition add(String service, String role, String text, String... prefixes) {
        for (String line : text.split("\n")) {
            Matcher matcher = LINE.matcher(line);
            if (matcher.matches() && List.of(prefixes).stream().anyMatch(line::startsWith)) {
                Map<String, String> labels = new HashMap<>();
                LABEL.matcher(matcher.group(2) == null ? "" : matcher.group(2))
                        .results()
                        .filter(label -> !label.group(2).isEmpty())
                        .forEach(label ->
                                labels.put(label.group(1), label.group(2).replaceAll("\\\\(.)", "$1")));
                double value = Double.parseDouble(matcher.group(3).replace("+Inf", "Infinity"));
                put(matcher.group(1), labels, service, role, value);
            }
        }
        // A scraper says these of each target.
        for (String own : List.of(
                "up",
                "scrape_duration_seconds",
                "scrape_samples_scraped",
                "scrape_samples_post_metric_relabeling",
                "scrape_series_added")) {
            put(own, Map.of(), service, role, 1);
        }
        return this;
    }

    private void put(String metric, Map<String, String> labels, String service, String role, double value) {
        series.add(new Series(metric, labels, service, role, host, value, value == 0 || random.nextBoolean()));
    }

    int size() {
        return series.size();
    }

    private double next(Series one) {
        if (!one.still && one.grows()) {
            one.value += one.value == Math.rint(one.value) ? random.nextInt(100) : random.nextDouble();
        } else if (!one.still && one.value != 1) {
            one.value *= 1 + random.nextGaussian() / 100;
        }
        return one.value;
    }

    /** Pushes as its collector would: a thousand samples at once. @return how many pushes were not taken */
    int push(java.net.URI relay, String token) throws Exception {
        int refused = 0;
        long now = System.currentTimeMillis();
        Samples samples = new Samples();
        for (int i = 0; i < series.size(); i++) {
            Series one = series.get(i);
            samples.add(one.metric, one.pushed, next(one), now);
            if (i % 1000 == 999 || i == series.size() - 1) {
                refused += samples.push(relay, token) == 200 ? 0 : 1;
                samples = new Samples();
            }
        }
        return refused;
    }

    /** Writes the hour before into Prometheus, past the relay, so that its head is as full as after an hour. */
    void writeHour(java.net.URI prometheus) throws Exception {
        int steps = (int) (3600 / Growth.SCRAPE_SECONDS);
        long step = (long) (Growth.SCRAPE_SECONDS * 1000);
        long first = System.currentTimeMillis() - 3_540_000;
        Samples samples = new Samples();
        for (int i = 0; i < series.size(); i++) {
            Series one = series.get(i);
            double[] values = new double[steps - 5];
            for (int at = 0; at < values.length; at++) {
                values[at] = next(one);
            }
            samples.add(one.metric, one.kept, values, first, step);
            if (i % 200 == 199 || i == series.size() - 1) {
                samples.send(prometheus);
                samples = new Samples();
            }
        }
    }
}
