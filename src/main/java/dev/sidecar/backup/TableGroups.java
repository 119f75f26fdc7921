package dev.sidecar.backup;

import dev.sidecar.sets.Manifest.Table;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Groups the large tables into archives of about equal size. */
final class TableGroups {

    /** Each table is an argument of pg_dump twice, and the operating system limits the length of arguments. */
    private static final int MOST_TABLES = 1_000;

    private TableGroups() {}

    /**
     * Groups the tables.
     *
     * @param above tables of at most this size, in bytes, stay in the database's archive
     * @param most the greatest number of groups
     * @return the largest group first; empty if no table is that large
     */
    static List<List<Table>> of(List<Table> tables, long above, int most) {
        List<Table> large = tables.stream()
                .filter(table -> table.bytes() > above)
                .sorted(Comparator.comparingLong(Table::bytes).reversed())
                .limit(MOST_TABLES)
                .toList();
        List<List<Table>> groups = new ArrayList<>();
        for (Table table : large) {
            if (groups.size() < most) {
                groups.add(new ArrayList<>(List.of(table)));
            } else {
                groups.stream()
                        .min(Comparator.comparingLong(TableGroups::bytes))
                        .orElseThrow()
                        .add(table);
            }
        }
        groups.sort(Comparator.comparingLong(TableGroups::bytes).reversed());
        return groups;
    }

    private static long bytes(List<Table> group) {
        return group.stream().mapToLong(Table::bytes).sum();
    }
}
