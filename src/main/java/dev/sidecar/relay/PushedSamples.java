package dev.sidecar.relay;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Reads a push of Prometheus' remote write (version 1) and writes it anew: who it is from stands in its labels, whatever it claims, and
 * only metrics that another host may have, of a time near ours, pass. What it is not made for (native histograms, exemplars, metadata) is
 * left out.
 */
final class PushedSamples {

    /** Prometheus refuses every sample of its own that is an hour older than the newest it has: the future is what must not come in. */
    static final long AHEAD_MILLIS = 60_000;

    /** As prometheus.yml's out_of_order_time_window. A host's queue holds an hour. */
    static final long BEHIND_MILLIS = 2 * 3_600_000L;

    private static final int MOST_LABELS = 30;
    private static final int LONGEST_NAME = 200;
    private static final int LONGEST_VALUE = 1_024;
    /** Prometheus keeps each series' labels in its memory. */
    private static final int LONGEST_SERIES = 4_096;
    /** A client of Prometheus sends 2,000 at once. An empty one weighs two bytes here, and more in memory. */
    private static final int MOST_POINTS = 50_000;

    private static final Pattern LABEL = Pattern.compile("(?!__)[a-zA-Z_][a-zA-Z0-9_]*");
    private static final Pattern METRIC = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

    /** Ours to give, or of a meaning of their own in alerts. */
    static final Set<String> OURS = Set.of(
            "stack", "host", "job", "service", "role", "alertname", "severity", "category", "drill", "satellite");

    /**
     * Given by rules to what they find ({@code labels}, {@code label_replace}). Two series that differ in one of these alone would be the same
     * then, and Prometheus evaluates no rule that finds one twice: it would fire for no host any more.
     */
    static final Set<String> GIVEN_BY_RULES = Set.of("scope", "dependency", "reason", "target_job", "integration");

    private static final String EXPORTED = "exported_";

    private final String stack;
    private final String host;
    private final Distinct series;
    private final long now;
    private final Cleaned.Counts counts = new Cleaned.Counts();
    private int points;

    private record Point(long bits, long millis) {}

    /**
     * @param stack label {@code stack} of all that passes
     * @param host label {@code host} of all that passes
     * @param series those that the host has, and how many it may have
     * @param now our time in milliseconds
     */
    PushedSamples(String stack, String host, Distinct series, long now) {
        this.stack = stack;
        this.host = host;
        this.series = series;
        this.now = now;
    }

    Cleaned clean(byte[] message) throws Malformed {
        ProtoReader in = new ProtoReader(message);
        ProtoWriter out = new ProtoWriter();
        for (int field = in.next(); field != 0; field = in.next()) {
            if (field == 1 && in.is(ProtoReader.BYTES)) {
                series(in.message(), out);
                // Short series grow by the labels that they are given.
                if (out.size() > Push.LARGEST_CONTENT) {
                    throw new Malformed("it has too many series for one push");
                }
            } else {
                in.skip();
            }
        }
        return counts.cleaned(out.toBytes());
    }

    private void series(ProtoReader in, ProtoWriter out) throws Malformed {
        Map<String, String> labels = new TreeMap<>();
        List<Point> points = new ArrayList<>();
        for (int field = in.next(); field != 0; field = in.next()) {
            if (field == 1 && in.is(ProtoReader.BYTES)) {
                label(in.message(), labels);
            } else if (field == 2 && in.is(ProtoReader.BYTES)) {
                if (++this.points > MOST_POINTS) {
                    throw new Malformed("it has more than " + MOST_POINTS + " samples");
                }
                points.add(point(in.message()));
            } else {
                in.skip();
            }
        }
        Optional<ProtoWriter> named = named(labels);
        if (named.isEmpty()) {
            counts.unwanted(points.size());
            return;
        }
        int kept = 0;
        ProtoWriter written = named.get();
        byte[] identity = written.toBytes();
        for (Point point : points) {
            counts.seen(point.millis());
            if (point.millis() > now + AHEAD_MILLIS) {
                counts.trouble(Trouble.CLOCK_AHEAD, 1);
            } else if (point.millis() < now - BEHIND_MILLIS) {
                counts.trouble(Trouble.CLOCK_BEHIND, 1);
            } else {
                written.message(2, new ProtoWriter().fixed64(1, point.bits()).varint(2, point.millis()));
                kept++;
            }
        }
        if (kept == 0) {
            return;
        }
        if (series.admits(identity, now)) {
            counts.accepted(kept);
            out.message(1, written);
        } else {
            counts.trouble(Trouble.TOO_MANY_SERIES, kept);
        }
    }

    private static void label(ProtoReader in, Map<String, String> labels) throws Malformed {
        String name = "";
        String value = "";
        for (int field = in.next(); field != 0; field = in.next()) {
            if (field == 1) {
                name = in.text();
            } else if (field == 2) {
                value = in.text();
            } else {
                in.skip();
            }
        }
        if (labels.put(name, value) != null) {
            throw new Malformed("a series has a label twice");
        }
        if (labels.size() > MOST_LABELS) {
            throw new Malformed("a series has more than " + MOST_LABELS + " labels");
        }
    }

    private static Point point(ProtoReader in) throws Malformed {
        long bits = 0;
        long millis = 0;
        for (int field = in.next(); field != 0; field = in.next()) {
            if (field == 1 && in.is(ProtoReader.FIXED64)) {
                bits = in.fixed64();
            } else if (field == 2 && in.is(ProtoReader.VARINT)) {
                millis = in.number();
            } else {
                in.skip();
            }
        }
        return new Point(bits, millis);
    }

    /** Gives the series its labels. @return the series without samples; empty if no host may push it */
    private Optional<ProtoWriter> named(Map<String, String> labels) throws Malformed {
        String metric = labels.getOrDefault("__name__", "");
        Optional<PushedJob> job = PushedJob.of(labels.getOrDefault("job", ""))
                .filter(known -> metric.length() <= LONGEST_NAME
                        && METRIC.matcher(metric).matches()
                        && known.exports(metric));
        if (job.isEmpty()) {
            return Optional.empty();
        }
        labels.keySet().removeAll(OURS);
        labels.keySet().removeIf(name -> name.startsWith("__"));
        // As Prometheus itself renames what collides.
        GIVEN_BY_RULES.stream()
                .filter(labels::containsKey)
                .forEach(name -> labels.put(EXPORTED + name, labels.remove(name)));
        for (Map.Entry<String, String> label : labels.entrySet()) {
            if (!LABEL.matcher(label.getKey()).matches()
                    || label.getKey().length() > LONGEST_NAME
                    || label.getValue().length() > LONGEST_VALUE) {
                throw new Malformed("a label has a name that is none, or is too long");
            }
        }
        labels.put("__name__", metric);
        labels.put("stack", stack);
        labels.put("host", host);
        labels.put("job", job.get().job());
        labels.put("service", job.get().service());
        labels.put("role", job.get().role());
        ProtoWriter named = new ProtoWriter();
        labels.forEach((name, value) ->
                named.message(1, new ProtoWriter().text(1, name).text(2, value)));
        if (named.size() > LONGEST_SERIES) {
            throw new Malformed("the labels of a series have more than " + LONGEST_SERIES + " bytes");
        }
        return Optional.of(named);
    }
}
