package dev.sidecar.backup;

import dev.sidecar.archives.FailedEntry;
import dev.sidecar.backup.Differences.Difference;
import dev.sidecar.definitions.DefinitionDifference;
import dev.sidecar.definitions.DefinitionsOfSet;
import dev.sidecar.postgres.ArchiveParts;
import dev.sidecar.postgres.ContentsReader;
import dev.sidecar.postgres.DatabaseDefinition;
import dev.sidecar.postgres.InstalledPrograms.Client;
import dev.sidecar.postgres.RestoreRole;
import dev.sidecar.postgres.Rights;
import dev.sidecar.postgres.ScratchFolder;
import dev.sidecar.postgres.ServerAddress;
import dev.sidecar.postgres.Session;
import dev.sidecar.postgres.UnfinishedDatabase;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Manifest.Contents;
import dev.sidecar.sets.Progress;
import dev.sidecar.sets.SetReader;
import dev.sidecar.sets.Sql;
import dev.sidecar.sets.SqlScript;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Restores into the live server: always into a new database, which is compared with the manifest. If requested, it then takes the name of
 * the live database. A failure before that leaves the live database unchanged.
 */
final class Restorer {

    private static final int SWAP_ATTEMPTS = 10;

    private final BackupProperties settings;
    private final BackupTools tools;

    Restorer(BackupProperties settings, BackupTools tools) {
        this.settings = settings;
        this.tools = tools;
    }

    Restored restore(Backup backup, RestoreRequest request, Progress progress) throws InterruptedException {
        Instant since = tools.clock().instant();
        ServerAddress address = tools.postgres().administrator();
        // Nothing has its final name before it is whole, whatever ends this process.
        String target = RestoreRequest.datedName(request.into(), "_restoring", since);
        UnfinishedDatabase.sweep(address);
        RestoreRole.sweep(address);
        Manifest manifest = backup.manifest();
        try (ScratchFolder folder = tools.postgres().scratchFolder(decodedBytes(manifest));
                Session maintenance = address.connectToMaintenance("sidecar restore");
                RestoreRole role = RestoreRole.create(address, maintenance)) {
            Client client = tools.postgres()
                    .programs()
                    .ofMajor(new ContentsReader(maintenance).server().major());
            UnfinishedDatabase.create(maintenance, target, manifest.server());
            boolean whole = false;
            try {
                progress.begin("restoring " + backup.id(), manifest.storedBytes());
                SetReader reader =
                        new SetReader(tools.catalogue().store(backup.store()), manifest, tools.encryption(), progress);
                reader.checkManifest();
                Loader loader =
                        new Loader(reader, manifest, client, settings.dump().jobs(), folder.path());
                LiveLoader live = new LiveLoader(loader, manifest, address, maintenance, request);
                List<String> notes = new ArrayList<>();
                List<String> missing = new ArrayList<>();
                List<Contents> compared = new ArrayList<>();
                LiveLoader.Inspection check = new LiveLoader.Inspection() {
                    @Override
                    public List<String> changed(Session session) {
                        boolean whole = !request.isPartial() && !request.keepGoing();
                        List<String> changes = DefinitionsOfSet.compareWhileLoading(
                                        reader, manifest, folder.path(), session)
                                .map(comparison -> comparison.differences().stream()
                                        .filter(difference -> whole || !difference.isMissing())
                                        .map(DefinitionDifference::sentence)
                                        .toList())
                                .orElseGet(() -> List.of(DefinitionsOfSet.obstacle(manifest, client.major())));
                        return changes.isEmpty()
                                        || client.major() == manifest.server().major()
                                ? changes
                                : Stream.concat(
                                                Stream.of("PostgreSQL %d and %d write some definitions in other ways."
                                                        .formatted(
                                                                manifest.server()
                                                                        .major(),
                                                                client.major())),
                                                changes.stream())
                                        .toList();
                    }

                    @Override
                    public void of(ArchiveParts parts) {
                        progress.begin("comparing " + backup.id(), 0);
                        compared.add(compare(address, target, manifest, request, parts, missing, notes));
                    }
                };
                defineEmpty(address, maintenance, target, manifest, request, notes);
                if (!loaded(live, role, target, request, notes, check)) {
                    notes.clear();
                    missing.clear();
                    compared.clear();
                    progress.begin("restoring " + backup.id() + " with one job", manifest.storedBytes());
                    UnfinishedDatabase.drop(address, maintenance, target);
                    UnfinishedDatabase.create(maintenance, target, manifest.server());
                    defineEmpty(address, maintenance, target, manifest, request, notes);
                    List<FailedEntry> failed = live.loadCarefully(role, target, notes, check);
                    missing.addAll(0, failed.stream().map(FailedEntry::sentence).toList());
                }
                Contents contents = compared.get(0);
                List<DefinitionDifference> differences = new ArrayList<>();
                try (Session restored = address.connect(target, "sidecar restore")) {
                    // Its own settings may keep others out, so they come when this session is open.
                    UnfinishedDatabase.unmark(maintenance, target);
                    define(maintenance, restored, target, ofOwner(manifest), request, notes);
                    letBackupsIn(maintenance, target, request.into(), notes);
                    if (request.tables().isEmpty()) {
                        DefinitionsOfSet.compare(reader, manifest, folder.path(), restored, true)
                                .ifPresentOrElse(
                                        comparison -> {
                                            differences.addAll(comparison.differences());
                                            comparison.moreSentence().ifPresent(notes::add);
                                        },
                                        () -> notes.add(DefinitionsOfSet.obstacle(manifest, client.major())));
                    }
                }
                String kept = null;
                if (request.replace()) {
                    kept = swap(maintenance, request.into(), target, since);
                } else {
                    rename(maintenance, target, request.into());
                }
                whole = true;
                return new Restored(
                        backup.id(),
                        request.into(),
                        kept,
                        (int) contents.tables().stream()
                                .filter(table -> table.rows() != null)
                                .count(),
                        contents.rows(),
                        Duration.between(since, tools.clock().instant()),
                        notes,
                        differences,
                        missing);
            } finally {
                if (!whole) {
                    dropUnfinished(address, target);
                }
            }
        } catch (SQLException e) {
            throw new BackupFailure(Reason.RESTORE, "The restore failed: " + e.getMessage(), e);
        }
    }

    /** Loads the backup. @return whether it held; else it is tried once more, with one job and past every error */
    private static boolean loaded(
            LiveLoader live,
            RestoreRole role,
            String target,
            RestoreRequest request,
            List<String> notes,
            LiveLoader.Inspection check)
            throws SQLException, InterruptedException {
        try {
            live.load(role, target, notes, check);
            return true;
        } catch (BackupFailure e) {
            if (!e.reason().maySucceedWithOneJob() || request.isPartial()) {
                throw e;
            }
            return false;
        }
    }

    /** Counts the bytes decoded to files: only the database's archive is. */
    private static long decodedBytes(Manifest manifest) {
        return manifest.files(Manifest.FileKind.DATABASE).stream()
                .mapToLong(Manifest.StoredFile::plainBytes)
                .sum();
    }

    /** Drops the unfinished database, over a new connection: nobody must take it for a restored one. */
    private void dropUnfinished(ServerAddress address, String target) {
        boolean interrupted = Thread.interrupted();
        try (Session connection = address.connectToMaintenance("sidecar restore")) {
            UnfinishedDatabase.drop(address, connection, target);
        } catch (SQLException | BackupFailure e) {
            org.slf4j.LoggerFactory.getLogger(Restorer.class)
                    .atError()
                    .addKeyValue("database", target)
                    .setCause(e)
                    .log("cannot drop the database of a failed restore, drop it by hand");
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Moves the files of the database, and changes the schema that it begins with, which both must be done while it is empty. */
    private static void defineEmpty(
            ServerAddress address,
            Session maintenance,
            String target,
            Manifest manifest,
            RestoreRequest request,
            List<String> notes)
            throws SQLException {
        List<String> files = manifest.server().definition().stream()
                .filter(DatabaseDefinition::movesFiles)
                .toList();
        define(maintenance, maintenance, target, files, request, notes);
        if (!manifest.server().schema().isEmpty()) {
            try (Session empty = address.connect(target, "sidecar restore")) {
                define(empty, empty, target, manifest.server().schema(), request, notes);
            }
        }
    }

    /** Lists what gives the database its owner, grants and settings; until then nobody but administrators could open it. */
    private static List<String> ofOwner(Manifest manifest) {
        return Stream.concat(
                        Stream.of("GRANT CONNECT, TEMPORARY ON DATABASE :database TO PUBLIC"),
                        manifest.server().definition().stream()
                                .filter(statement -> !DatabaseDefinition.movesFiles(statement)))
                .toList();
    }

    /**
     * Runs statements of the manifest.
     *
     * @param own a session that writes letters as the database has them
     * @param notes gets what was left out, or failed
     */
    private static void define(
            Session maintenance,
            Session own,
            String target,
            List<String> statements,
            RestoreRequest request,
            List<String> notes)
            throws SQLException {
        Rights rights = Rights.of(maintenance);
        for (String statement : statements) {
            if (!request.privileged() && rights.needsAdministrator(statement)) {
                notes.add("Left out, because you did not consent (--privileged): '%s'.".formatted(statement));
                continue;
            }
            try {
                Session session =
                        isAscii(target) && DatabaseDefinition.isInItsOwnLetters(statement) ? own : maintenance;
                session.execute(SqlScript.named(statement, Sql.quoted(target)));
            } catch (SQLException | BackupFailure e) {
                notes.add("'%s' failed: %s"
                        .formatted(statement.replace(":database", Sql.identifier(target)), e.getMessage()));
            }
        }
    }

    /** The name of a database is shared by all, too: in a session of another encoding than theirs it would be another one. */
    private static boolean isAscii(String name) {
        return name.chars().allMatch(c -> c < 0x80);
    }

    /** Tells whether the role that takes backups may connect: a backup from before that role was made knows nothing of it. */
    private void letBackupsIn(Session maintenance, String target, String name, List<String> notes) throws SQLException {
        String taker = tools.postgres().address().user();
        if (!maintenance
                .texts("SELECT 1 FROM pg_roles WHERE rolname = %s AND NOT has_database_privilege(oid, %s, 'CONNECT')"
                        .formatted(Sql.literal(taker), Sql.literal(target)))
                .isEmpty()) {
            notes.add(
                    "Role %1$s may not connect to it, so it would not be backed up: GRANT CONNECT ON DATABASE %2$s TO %1$s."
                            .formatted(Sql.identifier(taker), Sql.identifier(name)));
        }
    }

    /**
     * @param missing gets what is not as in the manifest, if the request is to keep going
     * @param notes gets what else is not, which nobody's restore should fail for
     */
    private static Contents compare(
            ServerAddress address,
            String target,
            Manifest manifest,
            RestoreRequest request,
            ArchiveParts parts,
            List<String> missing,
            List<String> notes) {
        try (Session restored = address.connect(target, "sidecar restore")) {
            Set<String> only = new HashSet<>(request.tables());
            Contents expected = Loader.comparableLive(manifest.contents());
            Contents contents = Loader.contents(restored, manifest, expected, only);
            List<Difference> all =
                    Differences.between(expected, contents, new ContentsReader(restored).partitionsByHashOfEnum())
                            .stream()
                            .filter(difference -> difference.concerns(request))
                            .filter(difference -> difference.kind() != Differences.Kind.EXTENSION
                                    || !parts.leavesOutExtension(difference.name()))
                            .filter(difference -> difference.kind() != Differences.Kind.SEQUENCE
                                    || !parts.leavesOutSequence(difference.name()))
                            .toList();
            all.stream()
                    .filter(difference -> difference.kind() == Differences.Kind.ROWS_OF_EXTENSION)
                    .forEach(difference -> notes.add(difference.sentence()));
            if (!request.isPartial()) {
                Differences.notCompared(expected, contents, dumped -> !parts.leavesOutExtension(dumped.extension()))
                        .ifPresent(notes::add);
            }
            List<Difference> differences = all.stream()
                    .filter(difference -> difference.kind() != Differences.Kind.ROWS_OF_EXTENSION)
                    .toList();
            if (request.keepGoing()) {
                differences.forEach(difference -> missing.add(difference.sentence()));
            } else if (!differences.isEmpty()) {
                throw new BackupFailure(
                        Reason.DIFFERENT,
                        "The restored database differs from the manifest and was dropped: "
                                + Difference.sentences(differences));
            }
            return contents;
        } catch (SQLException e) {
            throw new BackupFailure(Reason.RESTORE, "Cannot read the restored database: " + e.getMessage(), e);
        }
    }

    /** Swaps the two names in one transaction, so a database of that name exists at all times. */
    private String swap(Session maintenance, String live, String restored, Instant since)
            throws SQLException, InterruptedException {
        String kept = RestoreRequest.datedName(live, "_before", since);
        SQLException last = null;
        for (int attempt = 0; attempt < SWAP_ATTEMPTS; attempt++) {
            try {
                maintenance.together(() -> {
                    disconnect(maintenance, live);
                    disconnect(maintenance, restored);
                    rename(maintenance, live, kept);
                    rename(maintenance, restored, live);
                });
                return kept;
            } catch (SQLException e) {
                last = e;
                // A client connected again between the two statements.
                Thread.sleep(200L);
            }
        }
        throw java.util.Objects.requireNonNull(last);
    }

    private static void disconnect(Session maintenance, String database) throws SQLException {
        maintenance.texts("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = "
                + Sql.literal(database));
    }

    private static void rename(Session maintenance, String from, String to) throws SQLException {
        maintenance.execute("ALTER DATABASE %s RENAME TO %s".formatted(Sql.quoted(from), Sql.quoted(to)));
    }
}
