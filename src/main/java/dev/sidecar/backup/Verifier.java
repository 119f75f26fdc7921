package dev.sidecar.backup;

import dev.sidecar.archives.EventTriggers;
import dev.sidecar.archives.FailedEntry;
import dev.sidecar.backup.Verification.Conclusion;
import dev.sidecar.definitions.DefinitionComparison;
import dev.sidecar.definitions.DefinitionDifference;
import dev.sidecar.definitions.DefinitionsOfSet;
import dev.sidecar.postgres.Child;
import dev.sidecar.postgres.ContentsReader;
import dev.sidecar.postgres.DatabaseDefinition;
import dev.sidecar.postgres.InstalledPrograms.Client;
import dev.sidecar.postgres.NewDatabase;
import dev.sidecar.postgres.ScratchFolder;
import dev.sidecar.postgres.ScratchServer;
import dev.sidecar.postgres.Session;
import dev.sidecar.postgres.UnfinishedDatabase;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.CheckResult;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Manifest.Contents;
import dev.sidecar.sets.Manifest.FileKind;
import dev.sidecar.sets.Manifest.StoredFile;
import dev.sidecar.sets.Progress;
import dev.sidecar.sets.SetReader;
import dev.sidecar.sets.Sql;
import dev.sidecar.sets.SqlScript;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.text.Limited;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** Verifies a backup in its store, level by level. It restores into a scratch server and never touches the live one. */
final class Verifier {

    private static final String RESTORED = "restored";
    /** Tablespaces are left out: they are directories of the live server. */
    private static final Pattern TABLESPACE = Pattern.compile(
            "^(CREATE|ALTER|COMMENT ON) TABLESPACE .*|^(GRANT|REVOKE) .* ON TABLESPACE .*", Pattern.DOTALL);

    private static final int LARGEST_GLOBALS = 16 * 1024 * 1024;
    private static final Pattern UNSHOWN = Pattern.compile("[\\p{Cc}\\p{Cf}&&[^\\n\\t]]");
    private static final int LONGEST_PROBLEM = 10_000;
    private static final int MOST_PROBLEMS = 1_000;

    private static final Pattern GRANTOR =
            Pattern.compile("^(GRANT .* TO .*) GRANTED BY (?:[a-z0-9_]+|(?:U&)?\"(?:[^\"]|\"\")*\");$", Pattern.DOTALL);

    private final BackupProperties settings;
    private final BackupTools tools;

    Verifier(BackupProperties settings, BackupTools tools) {
        this.settings = settings;
        this.tools = tools;
    }

    /** Verifies a backup. Its problems are in the result; an environment that allows no verification is a failure. */
    Verification verify(Backup backup, VerificationLevel asked, Progress progress) throws InterruptedException {
        Run run = new Run(
                backup,
                asked,
                new SetReader(tools.catalogue().store(backup.store()), backup.manifest(), tools.encryption(), progress),
                progress,
                tools.clock().instant());
        try {
            run.prove();
        } catch (BackupFailure e) {
            switch (e.reason()) {
                case DAMAGED -> {
                    run.reached = null;
                    run.verdict = Conclusion.DAMAGED;
                }
                case RESTORE -> run.verdict = Conclusion.NOT_RESTORABLE;
                case ENCRYPTION, UNPROVEN -> run.verdict = Conclusion.NOT_VERIFIED;
                default -> throw e;
            }
            run.problems.add(e.getMessage());
        }
        Instant now = tools.clock().instant();
        return new Verification(
                backup.id(),
                backup.store(),
                asked,
                run.reached,
                now,
                Duration.between(run.since, now),
                run.restoreTook,
                run.verdict(),
                run.problems.stream().limit(MOST_PROBLEMS).map(Verifier::shown).toList(),
                run.notes.stream().limit(MOST_PROBLEMS).map(Verifier::shown).toList(),
                run.differences.stream()
                        .map(difference -> new DefinitionDifference(
                                difference.kind(), shown(difference.name()), shown(difference.what())))
                        .toList(),
                List.copyOf(run.checks));
    }

    /** A restored database may say anything: control characters and those that turn the writing round are replaced, and it is cut. */
    static String shown(String text) {
        String cut = text.length() > LONGEST_PROBLEM ? text.substring(0, LONGEST_PROBLEM) + " …" : text;
        return UNSHOWN.matcher(cut).replaceAll("\uFFFD");
    }

    /** Removes the grantor. Since version 16 a grantor needs the right to grant, which the old server's superuser does not have here. */
    static String withoutGrantor(String line) {
        return GRANTOR.matcher(line).replaceFirst("$1;");
    }

    private final class Run {

        private final Backup backup;
        private final Manifest manifest;
        private final VerificationLevel asked;
        private final SetReader reader;
        private final Progress progress;
        private final Instant since;
        private final List<String> problems = new ArrayList<>();
        private final List<String> notes = new ArrayList<>();
        private final List<DefinitionDifference> differences = new ArrayList<>();
        private final List<CheckResult> checks = new ArrayList<>();
        private Conclusion verdict = Conclusion.HELD;
        private @org.jspecify.annotations.Nullable VerificationLevel reached = VerificationLevel.L0;
        private @org.jspecify.annotations.Nullable Duration restoreTook;

        Run(Backup backup, VerificationLevel asked, SetReader reader, Progress progress, Instant since) {
            this.backup = backup;
            this.manifest = backup.manifest();
            this.asked = asked;
            this.reader = reader;
            this.progress = progress;
            this.since = since;
        }

        Conclusion verdict() {
            boolean held = reached != null && reached.atLeast(asked);
            return held || verdict != Conclusion.HELD ? verdict : Conclusion.NOT_VERIFIED;
        }

        void prove() throws InterruptedException {
            reader.checkManifest();
            tools.catalogue().checkSums(backup);
            if (asked == VerificationLevel.L0) {
                return;
            }
            String obstacle = tools.encryption().obstacle(manifest.encryption());
            if (asked == VerificationLevel.L1 || obstacle != null) {
                checksums();
                if (asked != VerificationLevel.L1) {
                    problems.add("This host cannot decode it. " + obstacle);
                }
                return;
            }
            int major = manifest.server().major();
            Client client = tools.postgres().programs().ofMajorOrNewer(major);
            if (client.major() > major) {
                notes.add("It was taken from PostgreSQL %d, which is not installed here; it was verified in %d."
                        .formatted(major, client.major()));
            }
            Optional<String> unisolated = tools.postgres().unisolated();
            if (asked == VerificationLevel.L2 || unisolated.isPresent()) {
                decode(client);
                if (asked != VerificationLevel.L2) {
                    unisolated.ifPresent(problems::add);
                } else if (settings.verify().level() != VerificationLevel.L2) {
                    unisolated.ifPresent(notes::add);
                }
                return;
            }
            try {
                restore(client);
            } catch (BackupFailure e) {
                // The files may be intact although they could not be restored.
                if ((e.reason() == Reason.RESTORE || e.reason() == Reason.UNPROVEN)
                        && reached == VerificationLevel.L0) {
                    decode(client);
                } else if (e.reason() == Reason.ENCRYPTION) {
                    checksums();
                }
                throw e;
            }
        }

        private void checksums() {
            progress.begin("reading " + manifest.id(), manifest.storedBytes());
            manifest.files().forEach(reader::check);
            reached = VerificationLevel.L1;
        }

        private void decode(Client client) throws InterruptedException {
            progress.begin("decoding " + manifest.id(), manifest.storedBytes());
            try {
                new Loader(reader, manifest, client, 1, Path.of("/")).decodeAll();
            } catch (BackupFailure e) {
                if (e.reason() == Reason.ENCRYPTION) {
                    checksums();
                }
                throw e;
            }
            reached = VerificationLevel.L2;
        }

        private void restore(Client client) throws InterruptedException {
            progress.begin("starting a scratch server", 0);
            List<String> extensions = manifest.contents().extensions().stream()
                    .map(Manifest.Extension::name)
                    .toList();
            try (ScratchServer scratch = scratch(client, extensions)) {
                scratch.endAfter(settings.dump().limit());
                try {
                    restore(client, scratch, extensions);
                } catch (InterruptedException | BackupFailure e) {
                    if (scratch.isExpired()) {
                        Thread.interrupted();
                        throw new BackupFailure(
                                Reason.UNPROVEN,
                                "The restore did not end within %s (sidecar.backup.dump.limit) and was stopped."
                                        .formatted(settings.dump().limit()),
                                e);
                    }
                    throw e;
                }
            }
        }

        private void restore(Client client, ScratchServer scratch, List<String> extensions)
                throws InterruptedException {
            progress.begin("restoring " + manifest.id(), manifest.storedBytes());
            Instant begun = tools.clock().instant();
            globals(client, scratch);
            requireExtensions(scratch, client, extensions);
            createDatabase(scratch);
            String connection = scratch.connectionString(RESTORED);
            Loader loader = new Loader(reader, manifest, client, settings.dump().jobs(), scratch);
            load(loader, scratch, scratch.connectionStringForExtensions(RESTORED));
            notes.addAll(loader.leftOut());
            manifest.files(FileKind.DEFINITION).forEach(reader::check);
            manifest.files(FileKind.DESCRIPTION).forEach(reader::check);
            manifest.files(FileKind.INSTRUCTIONS).forEach(reader::check);
            restoreTook = Duration.between(begun, tools.clock().instant());
            reached = VerificationLevel.L3;
            notes.addAll(manifest.leftOut().sentences());
            if (manifest.contents().tables().isEmpty()) {
                notes.add("The backup has no table, so a successful restore is no proof.");
            }
            if (asked == VerificationLevel.L4) {
                compare(scratch);
                compareDefinitions(client, scratch);
                silenceEventTriggers(scratch);
                ownChecks(scratch);
                checkIndexes(scratch, connection);
                if (problems.isEmpty()) {
                    reached = VerificationLevel.L4;
                }
            }
        }

        /** A scratch server that does not start says nothing about the backup. */
        private ScratchServer scratch(Client client, List<String> extensions) throws InterruptedException {
            try {
                return tools.postgres().scratchServer(client, neededBytes(), extensions);
            } catch (BackupFailure e) {
                throw e.reason() == Reason.RESTORE
                        ? new BackupFailure(Reason.UNPROVEN, "The scratch server did not start: " + e.getMessage(), e)
                        : e;
            }
        }

        /**
         * What fails is tried once more, with one job: several may meet in a deadlock, or load rows before those that they are checked with.
         */
        private void load(Loader loader, ScratchServer scratch, String connection) throws InterruptedException {
            Supplier<Session> sessions = () -> scratch.address().connect(RESTORED, "sidecar verify");
            try {
                loader.loadIntoScratch(connection, sessions);
                return;
            } catch (BackupFailure e) {
                if (!e.reason().maySucceedWithOneJob()) {
                    throw e;
                }
                notes.add("It did not restore with several parallel jobs, and was tried again with one: "
                        + e.getMessage());
                requireAlive(scratch, e);
            }
            progress.begin("restoring " + manifest.id() + " with one job", manifest.storedBytes());
            try (Session maintenance = scratch.address().connect("postgres", "sidecar verify")) {
                // A subscription, which the first load may have made, keeps its database from being dropped.
                UnfinishedDatabase.drop(scratch.address(), maintenance, RESTORED);
            } catch (SQLException e) {
                throw new BackupFailure(Reason.UNPROVEN, "Cannot drop a database: " + e.getMessage(), e);
            }
            createDatabase(scratch);
            List<FailedEntry> failed = loader.loadCarefullyIntoScratch(connection, sessions);
            if (!failed.isEmpty()) {
                BackupFailure cause = new BackupFailure(
                        Reason.RESTORE,
                        failed.get(0).sentence()
                                + (failed.size() == 1 ? "" : " And %d more did not.".formatted(failed.size() - 1)));
                requireAlive(scratch, cause);
                throw cause;
            }
        }

        /** A scratch server that ended, or has no room left, says nothing about the backup. */
        private void requireAlive(ScratchServer scratch, BackupFailure failure) {
            if (failure.getMessage().contains("No space left on device")) {
                throw new BackupFailure(Reason.SPACE, failure.getMessage(), failure);
            }
            try (Session maintenance = scratch.address().connect("postgres", "sidecar verify")) {
                maintenance.texts("SELECT 1");
            } catch (SQLException | BackupFailure e) {
                throw new BackupFailure(
                        Reason.UNPROVEN, "The scratch server ended while it restored: " + failure.getMessage(), e);
            }
        }

        private void requireExtensions(ScratchServer scratch, Client client, List<String> extensions) {
            try (Session maintenance = scratch.address().connect("postgres", "sidecar verify")) {
                List<String> missing = new ArrayList<>(extensions);
                missing.removeAll(maintenance.texts("SELECT name FROM pg_available_extensions"));
                if (!missing.isEmpty()) {
                    throw new BackupFailure(
                            Reason.UNPROVEN,
                            "Extension %s is not installed for PostgreSQL %d on the sidecar's machine; install it there so that the backup can be restored."
                                    .formatted(String.join(", ", missing), client.major()));
                }
            } catch (SQLException e) {
                throw new BackupFailure(Reason.UNPROVEN, "Cannot query the scratch server: " + e.getMessage(), e);
            }
        }

        /**
         * Gives the database its own properties and compares the definitions. The session is opened before, as a setting of the database may
         * keep others out, and the settings are taken away after, as more follow.
         */
        private void compareDefinitions(Client client, ScratchServer scratch) {
            try (Session restored = scratch.address().connect(RESTORED, "sidecar verify");
                    Session maintenance = scratch.address().connect("postgres", "sidecar verify")) {
                for (String statement : manifest.server().definition()) {
                    if (!DatabaseDefinition.movesFiles(statement)) {
                        define(DatabaseDefinition.isInItsOwnLetters(statement) ? restored : maintenance, statement);
                    }
                }
                Optional<DefinitionComparison> found;
                try (ScratchFolder folder = tools.postgres().scratchFolder(DefinitionsOfSet.bytes(manifest))) {
                    found = DefinitionsOfSet.compare(reader, manifest, folder.path(), restored, false);
                }
                maintenance.execute("ALTER DATABASE %s RESET ALL".formatted(Sql.quoted(RESTORED)));
                if (found.isEmpty()) {
                    notes.add(DefinitionsOfSet.obstacle(manifest, client.major()));
                    return;
                }
                DefinitionComparison comparison = found.get();
                differences.addAll(comparison.differences());
                comparison.differences().forEach(difference -> problems.add(difference.sentence()));
                comparison.moreSentence().ifPresent(problems::add);
                if (!comparison.isEqual() && verdict == Conclusion.HELD) {
                    verdict = Conclusion.DIFFERENT;
                }
                notes.add("%d definitions were compared.".formatted(comparison.compared()));
                if (comparison.leftOut() > 0) {
                    notes.add("The tablespaces of %d things were not compared: the scratch server has none."
                            .formatted(comparison.leftOut()));
                }
            } catch (SQLException e) {
                throw new BackupFailure(Reason.UNPROVEN, "Cannot read the restored definitions: " + e.getMessage(), e);
            }
        }

        /** A statement that fails shows as a difference. */
        private void define(Session session, String statement) {
            try {
                session.execute(SqlScript.named(statement, Sql.quoted(RESTORED)));
            } catch (SQLException | BackupFailure e) {
                notes.add("'%s' failed: %s".formatted(statement.replace(":database", "the database"), e.getMessage()));
            }
        }

        /** They have been compared by now; amcheck is an extension, which they might not let anybody create. */
        private void silenceEventTriggers(ScratchServer scratch) {
            EventTriggers.silencedIn(() -> scratch.address().connect(RESTORED, "sidecar verify"));
        }

        /** They run whatever else was found: what they say about rows and definitions is the operator's own judgement. */
        private void ownChecks(ScratchServer scratch) throws InterruptedException {
            String database = manifest.id().database();
            if (!tools.checks().areFor(database)) {
                return;
            }
            progress.begin("running your checks on " + manifest.id(), 0);
            checks.addAll(tools.checks()
                    .run(
                            database,
                            () -> scratch.address().connect(RESTORED, "sidecar check"),
                            DatabaseDefinition.searchPath(manifest.server().definition())
                                    .orElse("public"),
                            manifest.startedAt()));
        }

        /** Estimates the space for the tables and their indexes, which a dump does not contain. */
        private long neededBytes() {
            return 2 * manifest.dumpBytes();
        }

        private void createDatabase(ScratchServer scratch) {
            try (Session maintenance = scratch.address().connect("postgres", "sidecar verify")) {
                try {
                    NewDatabase.create(maintenance, RESTORED, manifest.server());
                } catch (SQLException e) {
                    // Rows can be verified under another sort order as well.
                    notes.add("The locale %s is not installed here; it was verified under another sort order."
                            .formatted(manifest.server().localeName()));
                    NewDatabase.createPlain(maintenance, RESTORED, manifest.server());
                }
                if (!manifest.server().schema().isEmpty()) {
                    try (Session empty = scratch.address().connect(RESTORED, "sidecar verify")) {
                        manifest.server().schema().forEach(statement -> define(empty, statement));
                    }
                }
            } catch (SQLException e) {
                throw new BackupFailure(Reason.UNPROVEN, "Cannot create a database: " + e.getMessage(), e);
            }
        }

        private void compare(ScratchServer scratch) {
            progress.begin("comparing " + manifest.id(), 0);
            try (Session restored = scratch.address().connect(RESTORED, "sidecar verify")) {
                Contents found = Loader.contents(restored, manifest, Set.of());
                Differences.between(manifest.contents(), found, new ContentsReader(restored).partitionsByHashOfEnum())
                        .forEach(difference -> {
                            problems.add(difference.sentence());
                            // An extension may add rows of its own to those that are loaded.
                            if (difference.kind() != Differences.Kind.ROWS_OF_EXTENSION) {
                                verdict = Conclusion.DAMAGED;
                            } else if (verdict == Conclusion.HELD) {
                                verdict = Conclusion.DIFFERENT;
                            }
                        });
                Differences.notCompared(manifest.contents(), found, dumped -> true)
                        .ifPresent(notes::add);
            } catch (SQLException e) {
                throw new BackupFailure(Reason.UNPROVEN, "Cannot read the restored database: " + e.getMessage(), e);
            }
        }

        /** Checks every table and B-tree with amcheck, which finds a broken sort order. */
        private void checkIndexes(ScratchServer scratch, String connection) throws InterruptedException {
            if (!settings.verify().indexes() || !problems.isEmpty()) {
                return;
            }
            if (!scratch.hasAmcheck()) {
                notes.add(
                        "Indexes were not checked: amcheck is not installed here; it is part of PostgreSQL's contrib modules.");
                return;
            }
            progress.begin("checking the indexes of " + manifest.id(), 0);
            scratch.corruption(
                            connection,
                            settings.dump().jobs(),
                            settings.verify().heapAllIndexed())
                    .ifPresentOrElse(
                            found -> {
                                problems.add("amcheck found: " + found);
                                verdict = Conclusion.NOT_RESTORABLE;
                            },
                            () -> notes.add("Tables and indexes were checked with amcheck."));
        }

        private void globals(Client client, ScratchServer scratch) throws InterruptedException {
            StoredFile file = manifest.files(FileKind.GLOBALS).get(0);
            ByteArrayOutputStream sql = Limited.buffer(LARGEST_GLOBALS);
            reader.decode(file, sql);
            String connection = scratch.connectionString("postgres");
            List<String> command =
                    List.of(client.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", connection);
            try (Child psql = scratch.start(command)) {
                try (OutputStream in = psql.input()) {
                    SqlScript.Globals globals = SqlScript.globals(sql.toByteArray());
                    for (String statement : globals.statements()) {
                        if (!TABLESPACE.matcher(statement).matches()) {
                            in.write((withoutGrantor(statement + ";") + "\n").getBytes(globals.charset()));
                        }
                    }
                } catch (IOException e) {
                    // psql ended early; its errors say why.
                }
                psql.copyTo(OutputStream.nullOutputStream(), Reason.RESTORE);
            } catch (IOException e) {
                throw new BackupFailure(Reason.RESTORE, "psql failed: " + e, e);
            }
        }
    }
}
