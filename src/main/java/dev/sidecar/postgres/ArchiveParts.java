package dev.sidecar.postgres;

import dev.sidecar.postgres.Archive.Item;
import dev.sidecar.postgres.Archive.Section;
import dev.sidecar.sets.Sql;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Divides an archive by who restores what: a role made for it, or the administrator, and that only with a person's consent. */
public final class ArchiveParts {

    private final List<Item> entries;
    private final Map<Integer, Item> byId = new HashMap<>();
    private final Rights rights;
    private final boolean consented;
    private final Set<Integer> leftOut = new HashSet<>();
    private final Set<Integer> neededByExtensions = new HashSet<>();

    /** @param consented by a person: what needs an administrator is restored too, and objects of powerful roles get their owners */
    public ArchiveParts(Archive archive, Rights rights, boolean consented) {
        this.entries = archive.entries();
        this.rights = rights;
        this.consented = consented;
        entries.forEach(entry -> byId.put(entry.id(), entry));
        entries.stream()
                .filter(entry -> entry.kind().equals("EXTENSION"))
                .forEach(extension -> neededByExtensions.addAll(extension.needs()));
        if (!consented) {
            entries.stream().filter(rights::needsAdministrator).forEach(entry -> leftOut.add(entry.id()));
            addDependents();
        }
    }

    private void addDependents() {
        Map<Integer, List<Integer>> dependents = new HashMap<>();
        entries.forEach(entry -> entry.needs()
                .forEach(need -> dependents
                        .computeIfAbsent(need, each -> new ArrayList<>())
                        .add(entry.id())));
        List<Integer> open = new ArrayList<>(leftOut);
        while (!open.isEmpty()) {
            for (Integer dependent : dependents.getOrDefault(open.remove(open.size() - 1), List.of())) {
                if (leftOut.add(dependent)) {
                    open.add(dependent);
                }
            }
        }
    }

    /** Names what needs an administrator, each with why, for a person. */
    public List<String> privileged() {
        List<String> told = new ArrayList<>();
        entries.stream().filter(rights::needsAdministrator).forEach(entry -> told.add(entry.name()));
        Map<String, Integer> owned = new TreeMap<>();
        for (Item entry : entries) {
            if (entry.section() != Section.NONE
                    && !entry.owner().isEmpty()
                    && !isDefaultSchema(entry)
                    && !entry.isAbout()
                    && !rights.mayOwn(entry.owner())) {
                owned.merge(entry.owner(), 1, Integer::sum);
            }
        }
        owned.forEach((owner, count) -> told.add("ownership by %s, %s: %d entries"
                .formatted(
                        Sql.identifier(owner),
                        rights.roles().contains(owner) ? "a role with wider rights" : "which is not here",
                        count)));
        return told;
    }

    /** Tables that cannot be restored without an administrator, each with what it needs. */
    public List<String> tablesLeftOut() {
        return entries.stream()
                .filter(entry -> entry.kind().equals("TABLE") && leftOut.contains(entry.id()))
                .map(entry -> entry.schema() + "." + entry.tag())
                .toList();
    }

    /** Names what is not restored, for a person. */
    public List<String> leftOut() {
        return entries.stream()
                .filter(entry -> leftOut.contains(entry.id()) && !entry.isAbout() && !isGrant(entry))
                .map(Item::name)
                .toList();
    }

    /** Tells whether an extension is not restored. */
    public boolean leavesOutExtension(String name) {
        return entries.stream()
                .anyMatch(entry ->
                        entry.kind().equals("EXTENSION") && entry.tag().equals(name) && leftOut.contains(entry.id()));
    }

    /** Tells whether a sequence is not restored, as an extension makes it that is not. @param qualifiedName quoted where needed */
    public boolean leavesOutSequence(String qualifiedName) {
        return lacksExtensions()
                && entries.stream()
                        .noneMatch(entry -> entry.kind().equals("SEQUENCE")
                                && (Sql.identifier(entry.schema()) + "." + Sql.identifier(entry.tag()))
                                        .equals(qualifiedName));
    }

    /** Rows and values that the archive holds for what extensions make. */
    public List<Item> rowsOfPartsOfExtensions() {
        return restored(Section.DATA).stream()
                .filter(entry ->
                        entry.kind().equals("TABLE DATA") || entry.kind().equals("SEQUENCE SET"))
                .filter(entry -> entry.needs().stream().noneMatch(byId::containsKey))
                .toList();
    }

    /** Tells whether a table inherits from another one, or is a partition of it. @param name of the other one, as pg_dump writes it */
    public boolean isInherited(String name) {
        Pattern inherits = Pattern.compile("\\nINHERITS \\((?:.*, )?" + Pattern.quote(name) + "(?:, .*)?\\)");
        String attaches = "ALTER TABLE ONLY " + name + Archive.ATTACH;
        return restored(Section.PRE_DATA).stream()
                .anyMatch(entry -> entry.kind().equals("TABLE")
                                && inherits.matcher(entry.definition()).find()
                        || entry.kind().equals("TABLE ATTACH")
                                && entry.definition().equals(attaches));
    }

    /** Tells whether a foreign key refers to a table that an extension makes. */
    public boolean refersToExtensions() {
        return restored(Section.POST_DATA).stream()
                .anyMatch(entry -> entry.kind().equals("FK CONSTRAINT")
                        && needed(entry).anyMatch(need -> need.kind().equals("EXTENSION")));
    }

    /**
     * Finds the keys and indexes that a partition of an extension's table, and its own partitions, get when it is attached, as no entry makes
     * them of that table. An entry that attaches one of them needs the extension in the place of the table that is not there.
     */
    private Set<Integer> madeByAttaching() {
        List<Item> attaching = entries.stream()
                .filter(entry -> entry.kind().equals("INDEX ATTACH"))
                .toList();
        Set<Integer> made = new HashSet<>();
        int before = -1;
        while (made.size() > before) {
            before = made.size();
            for (Item entry : attaching) {
                if (needed(entry).anyMatch(need -> made.contains(need.id())) || lacksItsTable(entry)) {
                    made.add(entry.id());
                    needed(entry)
                            .filter(need ->
                                    need.kind().equals("INDEX") || need.kind().equals("CONSTRAINT"))
                            .forEach(index -> made.add(index.id()));
                }
            }
        }
        return made;
    }

    /** Every other one needs two tables. */
    private boolean lacksItsTable(Item attaching) {
        return needed(attaching).anyMatch(need -> need.kind().equals("EXTENSION"))
                && needed(attaching)
                                .filter(need -> need.kind().equals("TABLE"))
                                .distinct()
                                .count()
                        < 2;
    }

    /** Tells whether some extension is not restored. */
    public boolean lacksExtensions() {
        return entries.stream().anyMatch(entry -> entry.kind().equals("EXTENSION") && leftOut.contains(entry.id()));
    }

    /** Numbers of the entries that one side restores in one go. */
    public record Step(boolean administrator, List<Integer> ids) {}

    /** Schemas and extensions, which come first, while nothing of the application is there that could run. */
    public List<Step> schemasAndExtensions() {
        return steps(true);
    }

    /** All other definitions in their order. */
    public List<Step> definitions() {
        return steps(false);
    }

    private List<Step> steps(boolean schemasAndExtensions) {
        List<Step> steps = new ArrayList<>();
        for (Item entry : restored(Section.PRE_DATA)) {
            boolean early = entry.kind().equals("SCHEMA") || entry.kind().equals("EXTENSION");
            if (early == schemasAndExtensions && !isDefaultSchema(entry)) {
                boolean administrator = isAdministrators(entry);
                if (steps.isEmpty() || steps.get(steps.size() - 1).administrator() != administrator) {
                    steps.add(new Step(administrator, new ArrayList<>()));
                }
                steps.get(steps.size() - 1).ids().add(entry.id());
            }
        }
        return steps;
    }

    /** Numbers of the entries with rows. */
    public List<Integer> rows() {
        return ids(restored(Section.DATA).stream()
                .filter(entry -> !isAdministrators(entry))
                .toList());
    }

    /** Numbers of the entries for indexes, constraints, triggers and the like. */
    public List<Integer> rest() {
        return rest(false);
    }

    /**
     * Numbers of the entries that turn on row security. They come after the rest, so that the role needs no right to pass it, which it would have
     * in every other database, too.
     */
    public List<Integer> rowSecurity() {
        return rest(true);
    }

    private List<Integer> rest(boolean rowSecurity) {
        Set<Integer> made = madeByAttaching();
        return ids(restored(Section.POST_DATA).stream()
                .filter(entry -> entry.kind().equals("ROW SECURITY") == rowSecurity)
                .filter(entry -> !isAdministrators(entry) && !made.contains(entry.id()))
                .toList());
    }

    /** Numbers of the entries that grant rights, and of those with the values of sequences that the administrator has made. */
    public List<Integer> grants() {
        return Stream.concat(
                        restored(Section.DATA).stream()
                                .filter(this::isAdministrators)
                                .map(Item::id),
                        grants(false).stream())
                .toList();
    }

    /** The schema that every database has, if the archive says whose it is. */
    public Optional<Item> defaultSchema() {
        return entries.stream()
                .filter(entry -> isDefaultSchema(entry) && !entry.owner().isEmpty())
                .findFirst();
    }

    /**
     * Numbers of the entries that grant rights on what the archive does not hold, such as a function of an extension: where one is left
     * out, the archive does not say whose it is.
     */
    public List<Integer> grantsOnPartsOfExtensions() {
        return grants(true);
    }

    private List<Integer> grants(boolean onPartsOfExtensions) {
        boolean lacksExtensions = lacksExtensions();
        return ids(entries.stream()
                .filter(ArchiveParts::isGrant)
                .filter(entry -> !leftOut.contains(entry.id()))
                .filter(entry -> onPartsOfExtensions
                        == (lacksExtensions
                                && entry.kind().equals("ACL")
                                && entry.needs().stream().noneMatch(byId::containsKey)))
                .toList());
    }

    /** Numbers of the entries that the administrator restores when all others are there. */
    public List<Integer> last() {
        return ids(entries.stream()
                .filter(entry -> entry.section() == Section.POST_DATA && !leftOut.contains(entry.id()))
                .filter(this::isAdministrators)
                .toList());
    }

    /** Holds what the role of the restore has made. */
    public List<Item> ofTheRole() {
        return entries.stream()
                .filter(entry -> !leftOut.contains(entry.id()) && !isAdministrators(entry) && !isDefaultSchema(entry))
                .toList();
    }

    /** Tells whether what the role has made is given to more than one. */
    public boolean hasSeveralOwners() {
        return ofTheRole().stream()
                        .filter(entry -> !entry.owner().isEmpty())
                        .map(entry -> goesToItsOwner(entry) ? entry.owner() : "")
                        .distinct()
                        .count()
                > 1;
    }

    /** Tells whether an entry may be given to its owner. */
    public boolean goesToItsOwner(Item entry) {
        return rights.mayOwn(entry.owner()) || consented && rights.roles().contains(entry.owner());
    }

    private List<Item> restored(Section section) {
        return entries.stream()
                .filter(entry -> entry.section() == section && !leftOut.contains(entry.id()))
                .toList();
    }

    /** A comment is made by whoever made the object. */
    private boolean isAdministrators(Item entry) {
        if (entry.isAbout()) {
            // Of the schema that every database has an archive may hold the comment alone.
            return entry.tag().equals("SCHEMA public") || needed(entry).anyMatch(this::isAdministrators);
        }
        // A schema that is there already belongs to the server.
        return entry.kind().equals("EXTENSION")
                || isDefaultSchema(entry)
                || isSchemaOfExtension(entry)
                || rights.needsAdministrator(entry)
                || isOfForeignTable(entry);
    }

    /** PostgreSQL remembers for ever whose the schema was when the extension's script granted rights on it. */
    private boolean isSchemaOfExtension(Item entry) {
        return entry.kind().equals("SCHEMA") && neededByExtensions.contains(entry.id()) && goesToItsOwner(entry);
    }

    /** Only its owner changes a table, and a foreign table is its owner's from the start; the same holds for its sequences. */
    private boolean isOfForeignTable(Item entry) {
        return switch (entry.kind()) {
            case "SEQUENCE", "TABLE ATTACH", "TRIGGER", "DEFAULT", "RULE", "STATISTICS", "CHECK CONSTRAINT" ->
                needed(entry).anyMatch(object -> object.kind().equals("FOREIGN TABLE"));
            case "SEQUENCE OWNED BY", "SEQUENCE SET" ->
                needed(entry).anyMatch(object -> object.kind().equals("SEQUENCE") && isOfForeignTable(object));
            default -> false;
        };
    }

    private Stream<Item> needed(Item entry) {
        return entry.needs().stream().map(byId::get).filter(Objects::nonNull);
    }

    private static boolean isGrant(Item entry) {
        return entry.kind().equals("ACL") || entry.kind().equals("DEFAULT ACL");
    }

    private static boolean isDefaultSchema(Item entry) {
        return entry.kind().equals("SCHEMA") && entry.tag().equals("public");
    }

    private static List<Integer> ids(List<Item> entries) {
        return entries.stream().map(Item::id).toList();
    }
}
