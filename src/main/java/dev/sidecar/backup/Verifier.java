package dev.sidecar.backup;

import dev.sidecar.postgres.Child;
import dev.sidecar.postgres.ContentsReader;
import dev.sidecar.postgres.InstalledPrograms.Client;
import dev.sidecar.postgres.NewDatabase;
import dev.sidecar.postgres.ScratchServer;
import dev.sidecar.postgres.Session;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Manifest.FileKind;
import dev.sidecar.sets.Manifest.StoredFile;
import dev.sidecar.sets.Progress;
import dev.sidecar.sets.SetReader;
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
import java.util.regex.Pattern;

/** Verifies a backup in its store, level by level. It restores into a scratch server and never touches the live one. */
final class Verifier {

    private static final String RESTORED = "restored";
    /** Tablespaces are left out: they are directories of the live server. */
    private static final Pattern TABLESPACE = Pattern.compile(
            "^(CREATE|ALTER|COMMENT ON) TABLESPACE .*|^(GRANT|REVOKE) .* ON TABLESPACE .*", Pattern.DOTALL);

    /** The exit code of pg_amcheck for corruption; 1 is an error of its own. */
    private static final int FOUND_CORRUPTION = 2;

    private static final int LONGEST_FINDING = 64 * 1024;
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
            if (e.reason() == Reason.DAMAGED) {
                run.reached = null;
            } else if (e.reason() != Reason.RESTORE && e.reason() != Reason.ENCRYPTION) {
                throw e;
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
                run.problems.stream().limit(MOST_PROBLEMS).map(Verifier::shown).toList(),
                run.notes);
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
                if (e.reason() == Reason.RESTORE && reached == VerificationLevel.L0) {
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
            try (ScratchServer scratch = tools.postgres().scratchServer(client, neededBytes(), extensions)) {
                scratch.endAfter(settings.dump().limit());
                try {
                    restore(client, scratch);
                } catch (InterruptedException | BackupFailure e) {
                    if (scratch.isExpired()) {
                        Thread.interrupted();
                        throw new BackupFailure(
                                Reason.RESTORE,
                                "The restore did not end within %s (sidecar.backup.dump.limit) and was stopped."
                                        .formatted(settings.dump().limit()),
                                e);
                    }
                    throw e;
                }
            }
        }

        private void restore(Client client, ScratchServer scratch) throws InterruptedException {
            progress.begin("restoring " + manifest.id(), manifest.storedBytes());
            Instant begun = tools.clock().instant();
            globals(client, scratch);
            createDatabase(scratch);
            String connection = scratch.connectionString(RESTORED);
            new Loader(reader, manifest, client, settings.dump().jobs(), scratch).loadIntoScratch(connection);
            manifest.files(FileKind.DEFINITION).forEach(reader::check);
            manifest.files(FileKind.INSTRUCTIONS).forEach(reader::check);
            restoreTook = Duration.between(begun, tools.clock().instant());
            reached = VerificationLevel.L3;
            if (asked == VerificationLevel.L4) {
                compare(scratch);
                checkIndexes(client, scratch, connection);
                if (problems.isEmpty()) {
                    reached = VerificationLevel.L4;
                }
            }
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
            } catch (SQLException e) {
                throw new BackupFailure(Reason.RESTORE, "Cannot create a database: " + e.getMessage(), e);
            }
        }

        private void compare(ScratchServer scratch) {
            progress.begin("comparing " + manifest.id(), 0);
            try (Session restored = scratch.address().connect(RESTORED, "sidecar verify")) {
                Differences.between(
                                manifest.contents(),
                                Loader.contents(restored, manifest, Set.of()),
                                new ContentsReader(restored).partitionsByHashOfEnum())
                        .forEach(difference -> problems.add(difference.sentence()));
            } catch (SQLException e) {
                throw new BackupFailure(Reason.RESTORE, "Cannot read the restored database: " + e.getMessage(), e);
            }
        }

        /** Checks every table and B-tree with amcheck, which finds a broken sort order. */
        private void checkIndexes(Client client, ScratchServer scratch, String connection) throws InterruptedException {
            if (!settings.verify().indexes() || !problems.isEmpty()) {
                return;
            }
            if (!scratch.hasAmcheck() || !client.has("pg_amcheck")) {
                notes.add(
                        "Indexes were not checked: amcheck is not installed here; it is part of PostgreSQL's contrib modules.");
                return;
            }
            progress.begin("checking the indexes of " + manifest.id(), 0);
            List<String> command = new ArrayList<>(List.of(
                    client.program("pg_amcheck"),
                    "--install-missing",
                    "--jobs=" + settings.dump().jobs(),
                    connection));
            if (settings.verify().heapAllIndexed()) {
                command.add("--heapallindexed");
            }
            try (Child amcheck = scratch.start(command)) {
                amcheck.input().close();
                String found =
                        Limited.beginning(amcheck.output(), LONGEST_FINDING).strip();
                switch (amcheck.waitFor()) {
                    case 0 -> notes.add("Tables and indexes were checked with amcheck.");
                    case FOUND_CORRUPTION -> problems.add("amcheck found: " + found);
                    default -> throw amcheck.failure(Reason.RESTORE, "could not check the indexes");
                }
            } catch (IOException e) {
                throw new BackupFailure(Reason.RESTORE, "pg_amcheck failed: " + e, e);
            }
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
