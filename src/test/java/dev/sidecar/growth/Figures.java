package dev.sidecar.growth;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code bench/growth} writes and docs/scaling.md quotes: lines {@code kind name value | how}, and the machine above them. The kinds are
 * {@code unit} (a cost by which is predicted), {@code predicted} (before the load) and {@code measured} (under it).
 */
final class Figures {

    static final Path FILE = Path.of("bench/growth-results.txt");

    private final List<String> lines = new ArrayList<>();
    private final Map<String, Map<String, Double>> values = new LinkedHashMap<>();

    static Figures read() {
        Figures figures = new Figures();
        try {
            for (String line : Files.readAllLines(FILE)) {
                if (line.startsWith("#") || line.isBlank()) {
                    figures.lines.add(line);
                } else {
                    String[] words = line.split("\\|")[0].strip().split(" +");
                    figures.add(
                            words[0], words[1], Double.parseDouble(words[2]), line.substring(line.indexOf('|') + 2));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return figures;
    }

    void comment(String text) {
        lines.add(("# " + text).strip());
    }

    void add(String kind, String name, double value, String how) {
        String written = "%-9s %-28s %s | %s".formatted(kind, name, number(value), how);
        System.err.println(written);
        lines.add(written);
        // What is read again is what was written.
        values.computeIfAbsent(kind, any -> new LinkedHashMap<>()).put(name, Double.parseDouble(number(value)));
    }

    /** @throws IllegalArgumentException if there is none of that name */
    double get(String kind, String name) {
        Double value = of(kind).get(name);
        if (value == null) {
            throw new IllegalArgumentException("no figure '" + kind + " " + name + "' in " + FILE);
        }
        return value;
    }

    Map<String, Double> of(String kind) {
        return values.getOrDefault(kind, Map.of());
    }

    void write() throws IOException {
        Files.write(FILE, lines);
    }

    /** Three digits that say something, as no measurement here is better than that. */
    static String number(double value) {
        if (value == 0) {
            return "0";
        }
        int decimals = Math.max(0, 2 - (int) Math.floor(Math.log10(Math.abs(value))));
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
}
