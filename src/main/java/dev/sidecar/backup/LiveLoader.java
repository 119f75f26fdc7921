package dev.sidecar.backup;

import dev.sidecar.archives.AddedRows;
import dev.sidecar.archives.CarefulRestore;
import dev.sidecar.archives.EventTriggers;
import dev.sidecar.archives.FailedEntry;
import dev.sidecar.archives.MaterializedView;
import dev.sidecar.postgres.Archive;
import dev.sidecar.postgres.Archive.Item;
import dev.sidecar.postgres.ArchiveParts;
import dev.sidecar.postgres.ArchiveParts.Step;
import dev.sidecar.postgres.Children;
import dev.sidecar.postgres.DatabaseDefinition;
import dev.sidecar.postgres.PasswordFile;
import dev.sidecar.postgres.RestoreRole;
import dev.sidecar.postgres.Rights;
import dev.sidecar.postgres.ServerAddress;
import dev.sidecar.postgres.Session;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Sql;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Loads a set into a new database of the live server. All that can run code of the database is done by a role which has no rights but in
 * that database; then its objects are given to their owners. The administrator does what only an administrator can, and of that what
 * could harm the server only with a person's consent.
 */
final class LiveLoader {

    private static final String NAME = "sidecar restore";
    private static final int MOST_NAMED = 3;

    private final Loader loader;
    private final Manifest manifest;
    private final ServerAddress server;
    private final Session maintenance;
    private final RestoreRequest request;

    LiveLoader(Loader loader, Manifest manifest, ServerAddress server, Session maintenance, RestoreRequest request) {
        this.loader = loader;
        this.manifest = manifest;
        this.server = server;
        this.maintenance = maintenance;
        this.request = request;
    }

    /** Looks at what was loaded. */
    interface Inspection {

        /** Lists what differs from the set before anything belongs to its owner, or why that cannot be told. */
        List<String> changed(Session session);

        void of(ArchiveParts parts);
    }

    /**
     * Loads the set.
     *
     * @param role made for this restore
     * @param target the empty database
     * @param notes gets what was left out or changed
     * @param check runs when all is loaded and belongs to its owners, before what acts on everything is added
     */
    void load(RestoreRole role, String target, List<String> notes, Inspection check)
            throws SQLException, InterruptedException {
        load(role, target, notes, check, false);
    }

    /**
     * Loads as much as possible of the set, with one job: after a load that failed, and into another empty database.
     *
     * @return what did not restore, if the request is to keep going
     * @throws BackupFailure if it is not, and something did not
     */
    List<FailedEntry> loadCarefully(RestoreRole role, String target, List<String> notes, Inspection check)
            throws SQLException, InterruptedException {
        return load(role, target, notes, check, true);
    }

    private List<FailedEntry> load(
            RestoreRole role, String target, List<String> notes, Inspection check, boolean carefully)
            throws SQLException, InterruptedException {
        Path archive = loader.decodedDatabase();
        try (Children children = new Children();
                PasswordFile passwords = server.passwordFile();
                PasswordFile rolePasswords = role.address().passwordFile()) {
            ArchiveParts parts = parts(archive);
            role.enter(target, tablespaces());
            Loader.Call administrator =
                    new Loader.Call(server.connectionString(target, passwords, NAME), Loader.As.OWNERS, children);
            Loader.Call extensions = new Loader.Call(
                    server.connectionStringForExtensions(target, passwords, NAME), Loader.As.OWNERS, children);
            Loader.Call restorer = new Loader.Call(
                    role.address().connectionString(target, rolePasswords, NAME), Loader.As.ONE_ROLE, children);
            Steps steps = carefully
                    ? new Careful(archive, administrator, extensions, restorer)
                    : new Straight(archive, administrator, extensions, restorer);
            steps.schemasAndExtensions(parts.schemasAndExtensions());
            EventTriggers silenced;
            RestoreRole.LentTables lent;
            try (Session session = server.connect(target, NAME)) {
                role.mayEnterSchemasOfExtensions(session);
                silenced = EventTriggers.silenced(session);
                lent = request.privileged()
                        ? role.mayInherit(session, parts::isInherited)
                        : RestoreRole.LentTables.none();
            }
            steps.definitions(parts.definitions());
            AddedRows added;
            try (Session session = server.connect(target, NAME)) {
                lent.giveBack(session);
                added = AddedRows.into(session, role.address().user());
            }
            role.mayLogIn();
            List<Integer> rows = loadable(parts, target, notes);
            Set<Integer> ofExtensions =
                    parts.rowsOfPartsOfExtensions().stream().map(Item::id).collect(Collectors.toSet());
            if (!request.isPartial()) {
                fillExtensions(
                        role,
                        target,
                        steps,
                        rows.stream().filter(ofExtensions::contains).toList());
            }
            steps.rows(rows.stream().filter(id -> !ofExtensions.contains(id)).toList());
            try (Session session = server.connect(target, NAME)) {
                added.areThere(session);
                if (parts.refersToExtensions()) {
                    role.mayReferToExtensions(session);
                }
                if (request.privileged()) {
                    role.mayTriggerOnPartitions(session);
                }
            }
            role.mayLogIn();
            steps.rest(filled(parts, target, notes));
            role.mayLogIn();
            steps.rest(parts.rowSecurity());
            role.leave();
            Set<Integer> missing = steps.missing();
            try (Session session = server.connect(target, NAME)) {
                requireUnchanged(role, session, parts, check, added);
                notes.addAll(handOver(role, session, parts, missing));
            }
            steps.grants(parts.grants());
            List<Integer> doubtful = parts.grantsOnPartsOfExtensions();
            if (!doubtful.isEmpty()) {
                loader.carefully(archive)
                        .some(List.of(new CarefulRestore.Some(administrator.carefully(false), doubtful)))
                        .forEach(grant ->
                                notes.add("Left out, because you did not consent to the extension (--privileged): %s."
                                        .formatted(grant.what())));
            }
            if (!request.keepGoing()) {
                refuse(steps.failed());
            }
            check.of(parts);
            steps.last(parts.last());
            if (!request.keepGoing()) {
                refuse(steps.failed());
            }
            try (Session session = server.connect(target, NAME)) {
                silenced.awaken(session);
            }
            parts.leftOut()
                    .forEach(what ->
                            notes.add("Left out, because you did not consent (--privileged): %s.".formatted(what)));
            return steps.failed();
        } finally {
            loader.discard(archive);
        }
    }

    /**
     * Loads the rows that extensions keep, before all others: the right to do so ends with it. What rows of the application run, such as the
     * check of a domain, could otherwise add one that an extension acts on with the rights of somebody else.
     */
    private void fillExtensions(RestoreRole role, String target, Steps steps, List<Integer> ids)
            throws SQLException, InterruptedException {
        if (ids.isEmpty()) {
            return;
        }
        try (Session session = server.connect(target, NAME)) {
            role.mayFillExtensions(session);
            steps.rowsOfExtensions(ids);
            role.mayNotFillExtensions(session);
        }
    }

    /** An archive does not say to which extension a table belongs whose rows it holds: what is not there by now came with none. */
    private List<Integer> loadable(ArchiveParts parts, String target, List<String> notes) throws SQLException {
        List<Item> doubtful = parts.lacksExtensions() ? parts.rowsOfPartsOfExtensions() : List.of();
        if (doubtful.isEmpty()) {
            return parts.rows();
        }
        Set<Integer> missing = new HashSet<>();
        try (Session session = server.connect(target, NAME)) {
            for (Item entry : doubtful) {
                if (session.text("SELECT to_regclass(%s) IS NULL"
                                .formatted(Sql.literal(Sql.quoted(entry.schema()) + "." + Sql.quoted(entry.tag()))))
                        .equals("t")) {
                    missing.add(entry.id());
                    notes.add("Left out, because you did not consent to the extension (--privileged): %s."
                            .formatted(entry.name()));
                }
            }
        }
        return parts.rows().stream().filter(id -> !missing.contains(id)).toList();
    }

    /** In a database that is in a tablespace itself, a table may have been left in the default one. */
    private Set<String> tablespaces() {
        Set<String> tablespaces = new TreeSet<>(manifest.contents().tablespaces());
        if (manifest.server().definition().stream().anyMatch(DatabaseDefinition::movesFiles)) {
            tablespaces.add("pg_default");
        }
        return tablespaces;
    }

    private static void refuse(List<FailedEntry> failed) {
        if (!failed.isEmpty()) {
            String first =
                    failed.stream().limit(MOST_NAMED).map(FailedEntry::sentence).collect(Collectors.joining(" "));
            throw new BackupFailure(
                    Reason.RESTORE,
                    "%s %sIts schema is the cause, so another backup will not restore either: 'sidecar restore --keep-going' restores the rest."
                            .formatted(
                                    first,
                                    failed.size() <= MOST_NAMED
                                            ? ""
                                            : "And %d more did not. ".formatted(failed.size() - MOST_NAMED)));
        }
    }

    /** A restore connects to no other server, so that what reads a foreign table stays without rows. */
    private List<Integer> filled(ArchiveParts parts, String target, List<String> notes) {
        Map<Integer, MaterializedView> views = parts.ofTheRole().stream()
                .filter(entry -> entry.kind().equals("MATERIALIZED VIEW DATA"))
                .collect(Collectors.toMap(Item::id, entry -> new MaterializedView(entry.schema(), entry.tag())));
        if (views.isEmpty() || request.schemaOnly()) {
            return parts.rest();
        }
        Set<MaterializedView> unfilled = MaterializedView.unfilled(() -> server.connect(target, NAME));
        unfilled.forEach(view -> notes.add(view.leftEmpty()));
        return parts.rest().stream()
                .filter(id -> !views.containsKey(id) || !unfilled.contains(views.get(id)))
                .toList();
    }

    /** The steps of a restore, each by whoever may do it. */
    private interface Steps {

        void schemasAndExtensions(List<Step> steps) throws InterruptedException;

        void definitions(List<Step> steps) throws InterruptedException;

        void rowsOfExtensions(List<Integer> ids) throws InterruptedException;

        void rows(List<Integer> ids) throws InterruptedException;

        void rest(List<Integer> ids) throws InterruptedException;

        void grants(List<Integer> ids) throws InterruptedException;

        void last(List<Integer> ids) throws InterruptedException;

        /** The parts that did not restore. */
        List<FailedEntry> failed();

        /** Numbers of the entries of the database's archive that did not. */
        Set<Integer> missing();
    }

    /** With several jobs, up to the first error. */
    private final class Straight implements Steps {

        private final Path archive;
        private final Loader.Call administrator;
        private final Loader.Call extensions;
        private final Loader.Call restorer;

        Straight(Path archive, Loader.Call administrator, Loader.Call extensions, Loader.Call restorer) {
            this.archive = archive;
            this.administrator = administrator;
            this.extensions = extensions;
            this.restorer = restorer;
        }

        @Override
        public void schemasAndExtensions(List<Step> steps) throws InterruptedException {
            make(steps, extensions);
        }

        @Override
        public void definitions(List<Step> steps) throws InterruptedException {
            make(steps, administrator);
        }

        private void make(List<Step> steps, Loader.Call privileged) throws InterruptedException {
            for (Step step : steps) {
                loader.some(step.administrator() ? privileged : restorer, archive, step.ids());
            }
        }

        @Override
        public void rowsOfExtensions(List<Integer> ids) throws InterruptedException {
            loader.some(restorer, archive, ids);
        }

        @Override
        public void rows(List<Integer> ids) throws InterruptedException {
            loader.rows(restorer, archive, ids, request);
        }

        @Override
        public void rest(List<Integer> ids) throws InterruptedException {
            loader.rest(restorer, archive, ids, request);
        }

        @Override
        public void grants(List<Integer> ids) throws InterruptedException {
            loader.some(administrator, archive, ids);
        }

        @Override
        public void last(List<Integer> ids) throws InterruptedException {
            loader.some(administrator, archive, ids);
        }

        @Override
        public List<FailedEntry> failed() {
            return List.of();
        }

        @Override
        public Set<Integer> missing() {
            return Set.of();
        }
    }

    /** With one job, past every error. Only the role tries again: by then the database's code is there, which nobody else may meet. */
    private final class Careful implements Steps {

        private final CarefulRestore restore;
        private final CarefulRestore.Into administrator;
        private final CarefulRestore.Into extensions;
        private final CarefulRestore.Into restorer;
        private final List<FailedEntry> failed = new ArrayList<>();
        private final Set<Integer> missing = new HashSet<>();

        Careful(Path archive, Loader.Call administrator, Loader.Call extensions, Loader.Call restorer) {
            this.restore = loader.carefully(archive);
            this.administrator = administrator.carefully(false);
            this.extensions = extensions.carefully(false);
            this.restorer = restorer.carefully(true);
        }

        @Override
        public void schemasAndExtensions(List<Step> steps) throws InterruptedException {
            make(steps, extensions);
        }

        @Override
        public void definitions(List<Step> steps) throws InterruptedException {
            make(steps, administrator);
        }

        private void make(List<Step> steps, CarefulRestore.Into privileged) throws InterruptedException {
            add(restore.some(steps.stream()
                    .map(step -> new CarefulRestore.Some(step.administrator() ? privileged : restorer, step.ids()))
                    .toList()));
        }

        @Override
        public void rowsOfExtensions(List<Integer> ids) throws InterruptedException {
            failed.addAll(restore.some(List.of(new CarefulRestore.Some(restorer, ids))));
        }

        @Override
        public void rows(List<Integer> ids) throws InterruptedException {
            // Entries of an archive of tables have numbers of their own, and nobody is given rows.
            failed.addAll(restore.rows(new CarefulRestore.Some(restorer, ids)));
        }

        @Override
        public void rest(List<Integer> ids) throws InterruptedException {
            add(restore.some(List.of(new CarefulRestore.Some(restorer, ids))));
        }

        @Override
        public void grants(List<Integer> ids) throws InterruptedException {
            add(restore.some(List.of(new CarefulRestore.Some(administrator, ids))));
        }

        @Override
        public void last(List<Integer> ids) throws InterruptedException {
            add(restore.some(List.of(new CarefulRestore.Some(administrator, ids))));
        }

        private void add(List<FailedEntry> more) {
            failed.addAll(more);
            more.forEach(entry -> missing.add(entry.id()));
        }

        @Override
        public List<FailedEntry> failed() {
            return failed;
        }

        @Override
        public Set<Integer> missing() {
            return missing;
        }
    }

    private ArchiveParts parts(Path archive) throws SQLException {
        try {
            return new ArchiveParts(
                    Archive.read(archive),
                    Rights.of(maintenance).asIn(manifest.server().encoding()),
                    request.privileged());
        } catch (IOException e) {
            throw new BackupFailure(Reason.DAMAGED, "database.dump cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * While it is loaded, all of the database belongs to one role, as which its code runs. What that code adds or changes would get the rights
     * of whoever it is given to, so that where several roles own something, nothing may differ from the set.
     */
    private void requireUnchanged(
            RestoreRole role, Session session, ArchiveParts parts, Inspection check, AddedRows added)
            throws SQLException {
        // With a person's consent the backup is trusted.
        if (!parts.hasSeveralOwners() || request.privileged()) {
            return;
        }
        List<String> changes = new ArrayList<>();
        role.granted(session).forEach(what -> changes.add("Somebody was granted rights on %s.".formatted(what)));
        added.changed(session).forEach(table -> changes.add("Rows of %s were changed.".formatted(table)));
        changes.addAll(check.changed(session));
        if (!changes.isEmpty()) {
            throw new BackupFailure(
                    Reason.DIFFERENT,
                    "Code of the database may have changed it while it was restored, and its objects belong to several roles, which would"
                            + " lend their rights to that: %s Restore it with --privileged only if you trust the backup."
                                    .formatted(
                                            changes.stream().limit(MOST_NAMED).collect(Collectors.joining(" "))));
        }
    }

    /** @param missing numbers of what is not there */
    private List<String> handOver(RestoreRole role, Session session, ArchiveParts parts, Set<Integer> missing)
            throws SQLException {
        List<Item> entries = parts.ofTheRole().stream()
                .filter(entry -> !missing.contains(entry.id()))
                .toList();
        String standIn = standIn();
        Function<Item, String> owner = entry -> parts.goesToItsOwner(entry) ? entry.owner() : standIn;
        String most = entries.stream()
                .filter(entry -> !entry.owner().isEmpty())
                .collect(Collectors.groupingBy(owner, Collectors.counting()))
                .entrySet()
                .stream()
                .max(Comparator.comparing(Map.Entry<String, Long>::getValue).thenComparing(Map.Entry::getKey))
                .map(Map.Entry::getKey)
                .orElse(standIn);
        boolean standsIn = most.equals(standIn) || entries.stream().anyMatch(entry -> !parts.goesToItsOwner(entry));
        if (standsIn && standIn.equals(RestoreRole.STAND_IN)) {
            RestoreRole.requireStandIn(maintenance);
        }
        List<String> notes = new ArrayList<>(role.handOver(session, entries, owner, most));
        Optional<Item> schema = parts.defaultSchema();
        if (schema.isPresent()) {
            notes.addAll(giveDefaultSchema(session, schema.get(), parts));
        }
        entries.stream()
                .filter(entry -> !entry.owner().isEmpty() && !parts.goesToItsOwner(entry))
                .map(Item::owner)
                .distinct()
                .sorted()
                .forEach(powerful -> notes.add(
                        "Objects of %s, which has wider rights, now belong to %s.".formatted(powerful, standIn)));
        return notes;
    }

    /** It is there already, so that no entry makes it. */
    private static List<String> giveDefaultSchema(Session session, Item schema, ArchiveParts parts)
            throws SQLException {
        if (!parts.goesToItsOwner(schema)) {
            return List.of("Schema public was not given to %s.".formatted(Sql.identifier(schema.owner())));
        }
        session.execute("ALTER SCHEMA public OWNER TO " + Sql.quoted(schema.owner()));
        return List.of();
    }

    /** Who gets what may not be given to its owner. */
    private String standIn() {
        return request.privileged() ? server.user() : RestoreRole.STAND_IN;
    }
}
