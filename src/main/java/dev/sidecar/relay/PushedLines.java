package dev.sidecar.relay;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Reads a push of log lines (OTLP, as the collector sends them to Loki) and writes it anew: of the labels only {@code service}
 * and {@code level} are the host's to say, and what a label of Loki may be they are; all else is text of the line.
 */
final class PushedLines {

    /** As Loki's creation_grace_period. */
    private static final long AHEAD_MILLIS = 10 * 60_000L;

    /** As Loki's reject_old_samples_max_age. */
    private static final long BEHIND_MILLIS = 7 * 24 * 3_600_000L;

    private static final long NANOS = 1_000_000;
    private static final int LONGEST_LINE = 262_144;
    private static final int MOST_FIELDS = 24;
    private static final int LONGEST_FIELD = 1_024;
    private static final Pattern SERVICE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,62}");
    /** Those of Loki's own begin with two underscores: a query that finds {@code __error__} fails for everybody's lines. */
    private static final Pattern FIELD = Pattern.compile("(?!__)[A-Za-z_][A-Za-z0-9_.]{0,99}");
    /** One of its own: a line of another host must not stand for a source of this stack that fell silent. */
    private static final String SOURCE = "satellite";

    private static final Set<String> LEVELS = Set.of("debug", "info", "warn", "error", "fatal");
    private static final Set<String> LABELS = Set.of("stack", "host", "service", "source", "level");

    private final String stack;
    private final String host;
    private final Distinct streams;
    private final long now;
    private final Cleaned.Counts counts = new Cleaned.Counts();

    /** @param streams those that the host has, and how many it may have */
    PushedLines(String stack, String host, Distinct streams, long now) {
        this.stack = stack;
        this.host = host;
        this.streams = streams;
        this.now = now;
    }

    Cleaned clean(byte[] message) throws Malformed {
        ProtoReader in = new ProtoReader(message);
        ProtoWriter out = new ProtoWriter();
        for (int field = in.next(); field != 0; field = in.next()) {
            if (field == 1 && in.is(ProtoReader.BYTES)) {
                resource(in.message(), out);
                // Short ones grow by the labels that they are given.
                if (out.size() > Push.LARGEST_CONTENT) {
                    throw new Malformed("it has too many sets of labels for one push");
                }
            } else {
                in.skip();
            }
        }
        return counts.cleaned(out.toBytes());
    }

    /** Lines of one set of labels, which may stand behind the lines. */
    private void resource(ProtoReader in, ProtoWriter out) throws Malformed {
        Map<String, String> claimed = new TreeMap<>();
        ProtoWriter lines = new ProtoWriter();
        int kept = 0;
        for (int field = in.next(); field != 0; field = in.next()) {
            if (field == 1 && in.is(ProtoReader.BYTES)) {
                ProtoReader resource = in.message();
                for (int part = resource.next(); part != 0; part = resource.next()) {
                    if (part == 1 && resource.is(ProtoReader.BYTES)) {
                        attribute(resource.message(), claimed);
                    } else {
                        resource.skip();
                    }
                }
            } else if (field == 2 && in.is(ProtoReader.BYTES)) {
                kept += scope(in.message(), lines);
            } else {
                in.skip();
            }
        }
        if (kept == 0) {
            return;
        }
        ProtoWriter resource = new ProtoWriter();
        labels(claimed).forEach((name, value) -> resource.message(1, attribute(name, value)));
        if (streams.admits(resource.toBytes(), now)) {
            counts.accepted(kept);
            out.message(1, new ProtoWriter().message(1, resource).message(2, lines));
        } else {
            counts.trouble(Trouble.TOO_MANY_SERIES, kept);
        }
    }

    private Map<String, String> labels(Map<String, String> claimed) {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put("stack", stack);
        labels.put("host", host);
        String service = claimed.getOrDefault("service", "");
        labels.put("service", SERVICE.matcher(service).matches() ? service : "unknown");
        labels.put("source", SOURCE);
        String level = claimed.getOrDefault("level", "");
        labels.put("level", LEVELS.contains(level) ? level : "unknown");
        return labels;
    }

    private int scope(ProtoReader in, ProtoWriter lines) throws Malformed {
        int kept = 0;
        for (int field = in.next(); field != 0; field = in.next()) {
            if (field == 2 && in.is(ProtoReader.BYTES)) {
                kept += line(in.message(), lines) ? 1 : 0;
            } else {
                in.skip();
            }
        }
        return kept;
    }

    private boolean line(ProtoReader in, ProtoWriter lines) throws Malformed {
        long nanos = 0;
        String body = "";
        Map<String, String> fields = new TreeMap<>();
        for (int field = in.next(); field != 0; field = in.next()) {
            if (field == 1 && in.is(ProtoReader.FIXED64)) {
                nanos = in.fixed64();
            } else if (field == 5 && in.is(ProtoReader.BYTES)) {
                body = value(in.message());
            } else if (field == 6 && in.is(ProtoReader.BYTES)) {
                attribute(in.message(), fields);
            } else {
                in.skip();
            }
        }
        long millis = Long.divideUnsigned(nanos, NANOS);
        counts.seen(millis);
        if (millis > now + AHEAD_MILLIS) {
            counts.trouble(Trouble.CLOCK_AHEAD, 1);
            return false;
        }
        if (millis < now - BEHIND_MILLIS) {
            counts.trouble(Trouble.CLOCK_BEHIND, 1);
            return false;
        }
        ProtoWriter written = new ProtoWriter()
                .fixed64(1, nanos)
                .message(5, new ProtoWriter().text(1, body.substring(0, Math.min(body.length(), LONGEST_LINE))));
        // A field that bears a label's name could be taken for the label.
        fields.keySet().removeAll(LABELS);
        fields.entrySet().stream()
                .filter(entry -> FIELD.matcher(entry.getKey()).matches())
                .limit(MOST_FIELDS)
                .forEach(entry -> written.message(6, attribute(entry.getKey(), entry.getValue())));
        lines.message(2, written);
        return true;
    }

    private static void attribute(ProtoReader in, Map<String, String> into) throws Malformed {
        String key = "";
        String value = "";
        for (int field = in.next(); field != 0; field = in.next()) {
            if (field == 1) {
                key = in.text();
            } else if (field == 2 && in.is(ProtoReader.BYTES)) {
                value = value(in.message());
            } else {
                in.skip();
            }
        }
        if (into.size() < 2 * MOST_FIELDS) {
            into.put(key, value.substring(0, Math.min(value.length(), LONGEST_FIELD)));
        }
    }

    /** Of the kinds of value only texts are read; the collector sends no others. */
    private static String value(ProtoReader in) throws Malformed {
        String value = "";
        for (int field = in.next(); field != 0; field = in.next()) {
            if (field == 1 && in.is(ProtoReader.BYTES)) {
                value = in.text();
            } else {
                in.skip();
            }
        }
        return value;
    }

    private static ProtoWriter attribute(String key, String value) {
        return new ProtoWriter().text(1, key).message(2, new ProtoWriter().text(1, value));
    }
}
