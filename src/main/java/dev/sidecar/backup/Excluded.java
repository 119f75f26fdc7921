package dev.sidecar.backup;

import dev.sidecar.postgres.Databases;
import dev.sidecar.postgres.Session;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest.Contents;
import dev.sidecar.sets.Manifest.Exclusions;
import dev.sidecar.sets.Manifest.Table;
import dev.sidecar.sets.Sql;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The tables that a backup leaves out by the settings, whole or without their rows, as they are in its snapshot. pg_dump is given exact
 * names only: a pattern is compared here, with names as they are.
 *
 * @param tables left out whole, partitioned tables too
 * @param sequences that the former own: pg_dump does not leave them out by itself
 * @param rows tables whose rows are left out
 * @param recorded the same, as the manifest has it
 */
record Excluded(Set<Name> tables, Set<Name> sequences, Set<Name> rows, Exclusions recorded) {

    /** Also finds the partitions of a partitioned table: it has no rows of its own. */
    private static final String RELATIONS = """
            SELECT n.nspname, c.relname, c.relkind::text, an.nspname, ac.relname
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN LATERAL pg_partition_ancestors(c.oid) a(relid) ON c.relispartition
              LEFT JOIN pg_class ac ON ac.oid = a.relid
              LEFT JOIN pg_namespace an ON an.oid = ac.relnamespace
            WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
            ORDER BY n.nspname, c.relname
            """;

    /** The tables with the sequences that they own. */
    private static final String GONE = """
            WITH named AS (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                           WHERE (n.nspname, c.relname) IN (%s)),
              gone AS (SELECT oid FROM named
                       UNION SELECT d.objid FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
                         WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
                           AND d.refobjid IN (SELECT oid FROM named) AND d.deptype IN ('a', 'i'))
            """;

    private static final String PARTS = """
            SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid IN (SELECT oid FROM gone) OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid IN (SELECT oid FROM gone))
            UNION ALL
            SELECT quote_ident(n.nspname) || '.' || quote_ident(s.stxname) FROM pg_statistic_ext s
              JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE s.stxrelid IN (SELECT oid FROM gone)
            ORDER BY 1
            """;

    private static final String SEQUENCES = """
            SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'S' AND c.oid IN (SELECT oid FROM gone)
            """;

    /** Objects at which a restore without these tables would fail, or which it would change. */
    private static final String DEPENDENTS = """
            , of_them AS (
              SELECT 'pg_class'::regclass AS classid, oid AS objid FROM gone
              UNION ALL SELECT 'pg_type'::regclass, t.oid FROM pg_type t WHERE t.typrelid IN (SELECT oid FROM gone)
                OR EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid AND e.typrelid IN (SELECT oid FROM gone)))
            SELECT DISTINCT pg_describe_object(d.classid, d.objid, 0)
            FROM pg_depend d JOIN of_them o ON o.classid = d.refclassid AND o.objid = d.refobjid
              LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
              LEFT JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
              LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
              LEFT JOIN pg_trigger t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
              LEFT JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
            WHERE d.deptype = 'n'
              AND coalesce(k.conrelid, f.adrelid, r.ev_class, t.tgrelid, p.polrelid, d.objid) NOT IN (SELECT oid FROM gone)
            UNION
            SELECT 'publication ' || quote_ident(b.pubname) FROM pg_publication_rel m JOIN pg_publication b ON b.oid = m.prpubid
            WHERE m.prrelid IN (SELECT oid FROM gone)
            ORDER BY 1 LIMIT 6
            """;

    private static final String REFERENCES = """
            SELECT DISTINCT format('%%s of %%s', quote_ident(k.conname), k.conrelid::regclass)
            FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
            WHERE k.contype = 'f' AND k.convalidated AND (fn.nspname, f.relname) IN (%1$s) AND (n.nspname, c.relname) NOT IN (%1$s)
            ORDER BY 1 LIMIT 6
            """;

    private static final Excluded NONE = new Excluded(Set.of(), Set.of(), Set.of(), Exclusions.NONE);

    /** @param schema of a table @param name of it */
    record Name(String schema, String name) {

        static Name of(Table table) {
            return new Name(table.schema(), table.name());
        }

        String qualified() {
            return Sql.identifier(schema) + "." + Sql.identifier(name);
        }

        String forPgDump() {
            return Sql.quoted(schema) + "." + Sql.quoted(name);
        }
    }

    /**
     * One entry of the settings: {@code [database/]schema.table}, or the same after {@code pattern:}, with {@code *} and {@code ?}.
     *
     * @param database empty for every database
     * @param pattern of the name {@code schema.table} as it is; empty for an exact name
     * @param exact the exact name
     */
    record Rule(String database, String pattern, Name exact) {

        private static final String PATTERN = "pattern:";
        private static final String PART = "([^\".]+|\"(?:[^\"]|\"\")+\")";
        private static final Pattern EXACT = Pattern.compile(PART + "\\." + PART, Pattern.DOTALL);

        /** @throws IllegalArgumentException if it is none */
        static Rule parse(String entry) {
            boolean pattern = entry.startsWith(PATTERN);
            String rest = pattern ? entry.substring(PATTERN.length()) : entry;
            int slash = rest.indexOf('/');
            int quote = rest.indexOf('"');
            boolean named = slash > 0 && (quote < 0 || slash < quote);
            String database = named ? rest.substring(0, slash) : "";
            String table = named ? rest.substring(slash + 1) : rest;
            if (pattern) {
                if (table.isBlank() || !table.contains(".")) {
                    throw new IllegalArgumentException(entry);
                }
                return new Rule(database, table, new Name("", ""));
            }
            Matcher exact = EXACT.matcher(table);
            if (!exact.matches()) {
                throw new IllegalArgumentException(entry);
            }
            return new Rule(database, "", new Name(unquoted(exact.group(1)), unquoted(exact.group(2))));
        }

        private static String unquoted(String part) {
            return part.startsWith("\"") ? part.substring(1, part.length() - 1).replace("\"\"", "\"") : part;
        }

        boolean isFor(String other) {
            return database.isEmpty() || database.equals(other);
        }

        boolean matches(Name table) {
            return pattern.isEmpty()
                    ? exact.equals(table)
                    : Databases.matches(pattern, table.schema() + "." + table.name());
        }
    }

    /** Finds what the settings leave out of a database. @throws BackupFailure if what is left could not be restored without it */
    static Excluded of(BackupProperties.Dump settings, String database, Session session) {
        List<Rule> tables = rules(settings.excludeTables(), database);
        List<Rule> rows = rules(settings.excludeRows(), database);
        if (tables.isEmpty() && rows.isEmpty()) {
            return NONE;
        }
        try {
            Map<Name, Set<Name>> relations = new LinkedHashMap<>();
            Set<Name> withRows = new LinkedHashSet<>();
            for (List<String> row : session.table(RELATIONS)) {
                Name name = new Name(row.get(0), row.get(1));
                Set<Name> self = relations.computeIfAbsent(name, one -> new LinkedHashSet<>(Set.of(one)));
                if (row.get(4) != null) {
                    self.add(new Name(row.get(3), row.get(4)));
                }
                if (row.get(2).equals("r")) {
                    withRows.add(name);
                }
            }
            Set<Name> gone = matching(tables, relations);
            Set<Name> empty = matching(rows, relations);
            empty.retainAll(withRows);
            empty.removeAll(gone);
            List<String> parts = gone.isEmpty() ? List.of() : session.texts(GONE.formatted(in(gone)) + PARTS);
            Set<Name> sequences = gone.isEmpty()
                    ? Set.of()
                    : session.table(GONE.formatted(in(gone)) + SEQUENCES).stream()
                            .map(row -> new Name(row.get(0), row.get(1)))
                            .collect(Collectors.toCollection(LinkedHashSet::new));
            refuseDependents(session, gone, empty, database);
            return new Excluded(gone, sequences, empty, new Exclusions(qualified(gone), qualified(empty), parts));
        } catch (SQLException e) {
            throw new BackupFailure(Reason.DUMP, "Cannot find the tables to leave out: " + e.getMessage(), e);
        }
    }

    private static List<Rule> rules(List<String> entries, String database) {
        return entries.stream()
                .map(Rule::parse)
                .filter(rule -> rule.isFor(database))
                .toList();
    }

    private static Set<Name> matching(List<Rule> rules, Map<Name, Set<Name>> relations) {
        return relations.entrySet().stream()
                .filter(relation -> rules.stream()
                        .anyMatch(rule -> relation.getValue().stream().anyMatch(rule::matches)))
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static List<String> qualified(Set<Name> names) {
        return names.stream().map(Name::qualified).toList();
    }

    private static String in(Set<Name> names) {
        return names.stream()
                .map(name -> "(%s, %s)".formatted(Sql.literal(name.schema()), Sql.literal(name.name())))
                .collect(Collectors.joining(", "));
    }

    private static void refuseDependents(Session session, Set<Name> gone, Set<Name> empty, String database)
            throws SQLException {
        List<String> needs = gone.isEmpty() ? List.of() : session.texts(GONE.formatted(in(gone)) + DEPENDENTS);
        if (!needs.isEmpty()) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED,
                    "A restore of '%s' would fail without %s (sidecar.backup.dump.exclude-tables): %s needs it. Leave out the rows only (exclude-rows)."
                            .formatted(database, String.join(", ", qualified(gone)), String.join(", ", needs)));
        }
        List<String> references = empty.isEmpty() ? List.of() : session.texts(REFERENCES.formatted(in(empty)));
        if (!references.isEmpty()) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED,
                    "A restore of '%s' would fail without the rows of %s (sidecar.backup.dump.exclude-rows), as %s refers to them. Leave out those rows, too."
                            .formatted(database, String.join(", ", qualified(empty)), String.join(", ", references)));
        }
    }

    /** Returns the tables whose rows are dumped. */
    List<Table> kept(List<Table> all) {
        return all.stream()
                .filter(table -> !tables.contains(Name.of(table)) && !rows.contains(Name.of(table)))
                .toList();
    }

    /** Returns the contents without what belongs to the tables that are left out. */
    Contents kept(Contents all) {
        return new Contents(
                all.tables(),
                all.sequences().stream()
                        .filter(sequence -> !sequences.contains(new Name(sequence.schema(), sequence.name())))
                        .toList(),
                all.largeObjects(),
                all.extensions(),
                all.roles(),
                all.tablespaces(),
                all.rowsOfExtensions());
    }

    /** Says for who restores by hand that there is a gap, without a name from the database. */
    String gaps() {
        return "\n**Left out on purpose:** %d tables, and the rows of %d more. `manifest.json` names them under `exclusions`.\n"
                .formatted(tables.size(), rows.size());
    }

    /** Options for pg_dump. Double quotes turn off the special characters of a pattern, so that each name matches exactly. */
    List<String> options() {
        List<String> options = new ArrayList<>();
        tables.forEach(name -> options.add("--exclude-table=" + name.forPgDump()));
        sequences.forEach(name -> options.add("--exclude-table=" + name.forPgDump()));
        rows.forEach(name -> options.add("--exclude-table-data=" + name.forPgDump()));
        return options;
    }
}
