package dev.sidecar.backup;

import dev.sidecar.postgres.ContentsReader;
import dev.sidecar.sets.Manifest.Contents;
import dev.sidecar.sets.Manifest.Sequence;
import dev.sidecar.sets.Manifest.Table;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;

/** How restored contents differ from the manifest. */
final class Differences {

    private Differences() {}

    /**
     * @param together partitions whose rows may have gone into others of the same table, each with that table's name: see
     *     {@link ContentsReader#partitionsByHashOfEnum()}
     * @return one sentence for each, table by table; empty if they are equal
     */
    static List<String> between(Contents expected, Contents restored, Map<String, String> together) {
        List<String> found = new ArrayList<>();
        Map<String, Table> tables = byName(restored.tables(), Table::qualifiedName);
        Map<String, Sum> sums = new TreeMap<>();
        for (Table table : expected.tables()) {
            String name = table.qualifiedName();
            Table other = tables.remove(name);
            if (other != null && together.containsKey(name)) {
                sums.merge(together.get(name), Sum.of(table, other), Sum::plus);
            } else {
                compare(table, other, found);
            }
        }
        sums.forEach((name, sum) -> {
            if (sum.rows != 0 || sum.digest.signum() != 0) {
                found.add("The partitions of %s have together %d rows too many, or other contents."
                        .formatted(name, sum.rows));
            }
        });
        tables.keySet().forEach(name -> found.add("Table %s is not in the manifest.".formatted(name)));

        Map<String, Sequence> sequences = byName(restored.sequences(), Sequence::qualifiedName);
        for (Sequence sequence : expected.sequences()) {
            compare(sequence, sequences.get(sequence.qualifiedName()), found);
        }
        if (expected.largeObjects() != restored.largeObjects()) {
            found.add("There are %d large objects instead of %d."
                    .formatted(restored.largeObjects(), expected.largeObjects()));
        }
        expected.extensions().stream()
                .filter(extension -> restored.extensions().stream()
                        .noneMatch(other -> other.name().equals(extension.name())))
                .forEach(extension -> found.add("Extension %s is missing.".formatted(extension.name())));
        return found;
    }

    /** What partitions have more than they should; the digest of a table is the sum of its rows'. */
    private record Sum(long rows, BigDecimal digest) {

        static Sum of(Table expected, Table restored) {
            if (expected.rows() == null || restored.rows() == null) {
                return new Sum(0, BigDecimal.ZERO);
            }
            return new Sum(
                    restored.rows() - expected.rows(),
                    number(expected.digest() == null ? null : restored.digest()).subtract(number(expected.digest())));
        }

        private static BigDecimal number(@org.jspecify.annotations.Nullable String digest) {
            return digest == null || digest.equals("null") ? BigDecimal.ZERO : new BigDecimal(digest);
        }

        Sum plus(Sum other) {
            return new Sum(rows + other.rows, digest.add(other.digest));
        }
    }

    private static void compare(Table expected, @org.jspecify.annotations.Nullable Table restored, List<String> found) {
        if (restored == null) {
            found.add("Table %s is missing.".formatted(expected.qualifiedName()));
        } else if (expected.rows() != null && !expected.rows().equals(restored.rows())) {
            found.add("Table %s has %d rows instead of %d."
                    .formatted(expected.qualifiedName(), restored.rows(), expected.rows()));
        } else if (expected.digest() != null && !Objects.equals(expected.digest(), restored.digest())) {
            found.add(
                    "Table %s has as many rows as it should, but other contents.".formatted(expected.qualifiedName()));
        }
    }

    private static void compare(
            Sequence expected, @org.jspecify.annotations.Nullable Sequence restored, List<String> found) {
        if (restored == null) {
            found.add("Sequence %s is missing.".formatted(expected.qualifiedName()));
        } else if (!isBetween(expected, restored.before())) {
            found.add("Sequence %s stands at %s instead of between %s and %s."
                    .formatted(expected.qualifiedName(), restored.before(), expected.before(), expected.after()));
        }
    }

    private static boolean isBetween(Sequence expected, @org.jspecify.annotations.Nullable Long value) {
        if (value == null || expected.before() == null) {
            return expected.before() == null && (value == null || expected.after() != null);
        }
        long after = expected.after() == null ? expected.before() : expected.after();
        return value >= Math.min(expected.before(), after) && value <= Math.max(expected.before(), after);
    }

    private static <T> Map<String, T> byName(List<T> things, Function<T, String> name) {
        Map<String, T> byName = new HashMap<>();
        things.forEach(thing -> byName.put(name.apply(thing), thing));
        return byName;
    }
}
