package dev.sidecar.backup;

import dev.sidecar.postgres.ContentsReader;
import dev.sidecar.sets.Manifest.Contents;
import dev.sidecar.sets.Manifest.ExtensionTable;
import dev.sidecar.sets.Manifest.Sequence;
import dev.sidecar.sets.Manifest.Table;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Compares restored contents with the manifest. */
final class Differences {

    private Differences() {}

    /**
     * @param together partitions whose rows may have gone into others of the same table, each with that table's name: see
     *     {@link ContentsReader#partitionsByHashOfEnum()}
     * @return the differences, table by table; empty if the contents are equal
     */
    static List<Difference> between(Contents expected, Contents restored, Map<String, String> together) {
        List<Difference> found = new ArrayList<>();
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
                found.add(Difference.ofTable(
                        name,
                        "The partitions of %s together have %d rows too many, or other contents."
                                .formatted(name, sum.rows)));
            }
        });
        tables.keySet()
                .forEach(name ->
                        found.add(Difference.ofTable(name, "Table %s is not in the manifest.".formatted(name))));

        Map<String, Sequence> sequences = byName(restored.sequences(), Sequence::qualifiedName);
        for (Sequence sequence : expected.sequences()) {
            compare(sequence, sequences.get(sequence.qualifiedName()), found);
        }
        if (expected.largeObjects() != restored.largeObjects()) {
            found.add(new Difference(
                    Kind.LARGE_OBJECTS,
                    "",
                    "There are %d large objects instead of %d."
                            .formatted(restored.largeObjects(), expected.largeObjects())));
        }
        expected.extensions().stream()
                .filter(extension -> restored.extensions().stream()
                        .noneMatch(other -> other.name().equals(extension.name())))
                .forEach(extension -> found.add(new Difference(
                        Kind.EXTENSION, extension.name(), "Extension %s is missing.".formatted(extension.name()))));
        comparable(expected, restored)
                .forEach((dumped, other) -> sentence(dumped.table(), other.table())
                        .ifPresent(sentence ->
                                found.add(new Difference(Kind.ROWS_OF_EXTENSION, dumped.extension(), sentence))));
        return found;
    }

    /**
     * Lists tables of extensions whose rows were not compared: on one side they were not counted, or another version of the extension is
     * there.
     *
     * @return a sentence; empty if all were compared
     */
    static Optional<String> notCompared(Contents expected, Contents restored, Predicate<ExtensionTable> concerned) {
        Set<ExtensionTable> compared = comparable(expected, restored).keySet();
        List<String> names = expected.extensionTables().stream()
                .filter(dumped -> !compared.contains(dumped) && concerned.test(dumped))
                .map(dumped -> dumped.table().qualifiedName())
                .toList();
        return names.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        "The rows that extensions keep in %s were not compared.".formatted(String.join(", ", names)));
    }

    /** The rows of one side can be compared with those of the other only if the same condition chose them. */
    private static Map<ExtensionTable, ExtensionTable> comparable(Contents expected, Contents restored) {
        Map<String, ExtensionTable> others =
                byName(restored.extensionTables(), dumped -> dumped.table().qualifiedName());
        Map<ExtensionTable, ExtensionTable> both = new LinkedHashMap<>();
        for (ExtensionTable dumped : expected.extensionTables()) {
            ExtensionTable other = others.get(dumped.table().qualifiedName());
            if (other != null
                    && dumped.table().rows() != null
                    && other.table().rows() != null
                    && other.condition().equals(dumped.condition())) {
                both.put(dumped, other);
            }
        }
        return both;
    }

    /** Says which kind of thing differs. */
    enum Kind {
        TABLE,
        SEQUENCE,
        EXTENSION,
        /** Those that an extension keeps in a table of its own; the difference has the extension's name. */
        ROWS_OF_EXTENSION,
        LARGE_OBJECTS
    }

    /**
     * One difference.
     *
     * @param name of the thing that differs, qualified by its schema if it has one; of partitions, the table's; empty for large objects
     * @param sentence the same for a person
     */
    record Difference(Kind kind, String name, String sentence) {

        private static Difference ofTable(String name, String sentence) {
            return new Difference(Kind.TABLE, name, sentence);
        }

        /** Of a partial restore only the tables asked for can be compared. */
        boolean concerns(RestoreRequest request) {
            return !request.isPartial()
                    || !request.schemaOnly()
                            && kind == Kind.TABLE
                            && request.tables().contains(name);
        }

        /** Joins the sentences for a message. */
        static String sentences(List<Difference> differences) {
            return differences.stream().map(Difference::sentence).collect(Collectors.joining(" "));
        }
    }

    /** Sums up what partitions have more than they should; the digest of a table is the sum of its rows'. */
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
            if (digest == null || digest.equals("null")) {
                return BigDecimal.ZERO;
            }
            return new BigDecimal(
                    digest.startsWith(Table.COPIED_DIGEST) ? digest.substring(Table.COPIED_DIGEST.length()) : digest);
        }

        Sum plus(Sum other) {
            return new Sum(rows + other.rows, digest.add(other.digest));
        }
    }

    private static void compare(
            Table expected, @org.jspecify.annotations.Nullable Table restored, List<Difference> found) {
        String name = expected.qualifiedName();
        if (restored == null) {
            found.add(Difference.ofTable(name, "Table %s is missing.".formatted(name)));
        } else {
            sentence(expected, restored).ifPresent(sentence -> found.add(Difference.ofTable(name, sentence)));
        }
    }

    private static Optional<String> sentence(Table expected, Table restored) {
        String name = expected.qualifiedName();
        if (expected.rows() != null && !expected.rows().equals(restored.rows())) {
            return Optional.of("Table %s has %d rows instead of %d.".formatted(name, restored.rows(), expected.rows()));
        }
        if (expected.digest() != null && !Objects.equals(expected.digest(), restored.digest())) {
            return Optional.of("Table %s has the right number of rows, but other contents.".formatted(name));
        }
        return Optional.empty();
    }

    private static void compare(
            Sequence expected, @org.jspecify.annotations.Nullable Sequence restored, List<Difference> found) {
        String name = expected.qualifiedName();
        if (restored == null) {
            found.add(new Difference(Kind.SEQUENCE, name, "Sequence %s is missing.".formatted(name)));
        } else if (!isBetween(expected, restored.before())) {
            found.add(new Difference(
                    Kind.SEQUENCE,
                    name,
                    "Sequence %s is at %s instead of between %s and %s."
                            .formatted(name, restored.before(), expected.before(), expected.after())));
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
