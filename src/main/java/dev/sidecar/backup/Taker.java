package dev.sidecar.backup;

import dev.sidecar.definitions.DefinitionsOfSet;
import dev.sidecar.postgres.Child;
import dev.sidecar.postgres.Children;
import dev.sidecar.postgres.InstalledPrograms.Client;
import dev.sidecar.postgres.PasswordFile;
import dev.sidecar.postgres.ServerAddress;
import dev.sidecar.postgres.Snapshot;
import dev.sidecar.postgres.Snapshot.LockWatch;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.Generation;
import dev.sidecar.sets.Instructions;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Manifest.Contents;
import dev.sidecar.sets.Manifest.FileKind;
import dev.sidecar.sets.Manifest.StoredFile;
import dev.sidecar.sets.Manifest.Table;
import dev.sidecar.sets.Progress;
import dev.sidecar.sets.SetWriter;
import dev.sidecar.sets.Sql;
import dev.sidecar.sets.SqlScript;
import dev.sidecar.stores.Store;
import dev.sidecar.text.Encodings;
import dev.sidecar.text.Sizes;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes one backup into the first store: checks, locks, dumps and counts in one snapshot, and publishes the manifest last. */
final class Taker {

    private static final Logger log = LoggerFactory.getLogger(Taker.class);
    private static final double ROOM = 1.2;
    private static final long MOST_GLOBALS = 32L << 20;
    private static final int GROUPS_FOR_EACH_JOB = 4;

    private final BackupProperties settings;
    private final BackupTools tools;

    Taker(BackupProperties settings, BackupTools tools) {
        this.settings = settings;
        this.tools = tools;
    }

    Backup take(TakeRequest request, Optional<Backup> previous, Progress progress) throws InterruptedException {
        Store store = tools.catalogue().stores().get(0);
        checkStore(store, previous);
        tools.encryption().check();
        Manifest.Origin origin = origin(previous);
        progress.begin("connecting to " + request.database(), 0);
        ServerAddress address = tools.postgres().address();
        try (LockWatch locks =
                new LockWatch(address, request.database(), settings.dump().lockWait())) {
            try {
                return take(request, address, origin, store, progress);
            } catch (BackupFailure e) {
                throw locks.explained(e);
            }
        }
    }

    private Backup take(
            TakeRequest request, ServerAddress address, Manifest.Origin origin, Store store, Progress progress)
            throws InterruptedException {
        try (PasswordFile passwords = address.passwordFile();
                Snapshot snapshot = new Snapshot(address, request.database());
                Children children = new Children()) {
            refuseHidden(snapshot, request.database());
            Client client =
                    tools.postgres().programs().ofMajor(snapshot.server().major());
            refuseSecondOfSlot(request, store);
            tools.catalogue().sweep(request.database());
            Instant startedAt = tools.clock().instant();
            BackupId id = BackupId.next(request.database(), startedAt, request.generation());
            Run run = new Run(
                    id,
                    client,
                    address.connectionString(request.database(), passwords, "sidecar backup dump"),
                    new SetWriter(
                            store,
                            id,
                            tools.compression(),
                            tools.encryption(),
                            tools.catalogue().signatures(),
                            progress),
                    children,
                    Encodings.charset(snapshot.server().encoding()));
            boolean published = false;
            try {
                Manifest manifest =
                        dump(request, run, snapshot, startedAt, progress).of(origin);
                run.writer.publish(manifest);
                published = true;
                return new Backup(manifest, store.name(), List.of());
            } finally {
                if (!published) {
                    children.close();
                    tools.catalogue().sweep(request.database());
                }
            }
        }
    }

    /** Says after which backup this one is taken; a key that cannot be used shows here, before the work. */
    private Manifest.Origin origin(Optional<Backup> previous) {
        tools.catalogue().signatures().keyId();
        return previous.map(backup -> tools.catalogue()
                        .signatures()
                        .origin(backup.id(), tools.catalogue().manifestSha256(backup)))
                .orElseGet(() -> tools.catalogue().signatures().origin(null, null));
    }

    /** For a role that is no superuser pg_dump leaves some things out, and says so in a warning at best. */
    private void refuseHidden(Snapshot snapshot, String database) {
        List<String> hidden = snapshot.hidden();
        if (hidden.isEmpty()) {
            return;
        }
        if (!settings.dump().leaveOutHidden()) {
            throw new BackupFailure(
                    Reason.PERMISSION,
                    "Only a superuser can back up %s. Let a superuser take the backups of '%s', or set sidecar.backup.dump.leave-out-hidden to accept backups without them."
                            .formatted(String.join(", ", hidden), database));
        }
        log.atWarn()
                .addKeyValue("database", database)
                .log("the backup is taken without what only a superuser can back up: {}", String.join(", ", hidden));
    }

    /** Holds what one run works with. */
    private record Run(
            BackupId id, Client client, String connection, SetWriter writer, Children children, Charset letters) {}

    /** Refuses a second backup of a slot. Another sidecar may have been faster, which only shows after taking the lock. */
    private void refuseSecondOfSlot(TakeRequest request, Store store) {
        tools.catalogue().list(store).stream()
                .filter(backup -> request.generation() != Generation.MANUAL
                        && backup.id().generation() == request.generation()
                        && backup.id().database().equals(request.database())
                        && backup.manifest().slot().equals(request.slot()))
                .findFirst()
                .ifPresent(backup -> {
                    throw new BackupFailure(Reason.BUSY, "The slot already has its backup: %s.".formatted(backup.id()));
                });
    }

    private void checkStore(Store store, Optional<Backup> previous) {
        try {
            OptionalLong free = store.freeBytes();
            long needed = (long) (previous.map(b -> b.manifest().storedBytes()).orElse(0L) * ROOM);
            if (free.isPresent() && free.getAsLong() < needed) {
                throw new BackupFailure(
                        Reason.SPACE,
                        "Store '%s' has %s free, but a backup needs %s. Free some space, or keep fewer backups."
                                .formatted(store.name(), Sizes.of(free.getAsLong()), Sizes.of(needed)));
            }
            store.check();
        } catch (IOException e) {
            throw new BackupFailure(Reason.STORAGE, e.getMessage() == null ? e.toString() : e.getMessage(), e);
        }
    }

    private Manifest dump(TakeRequest request, Run run, Snapshot snapshot, Instant startedAt, Progress progress)
            throws InterruptedException {
        BackupProperties.Dump dump = settings.dump();
        String name = snapshot.begin(dump.lockWait());
        Excluded excluded = Excluded.of(dump, request.database(), snapshot.session());
        List<Table> tables = excluded.kept(snapshot.lockedTables());
        progress.begin(
                "dumping " + request.database(),
                tables.stream().mapToLong(Table::bytes).sum());

        List<List<Table>> groups = TableGroups.of(
                tables.stream()
                        .filter(table -> canBeNamed(table, snapshot.server().encoding()))
                        .toList(),
                dump.ownArchiveAbove().toBytes(),
                dump.jobs() * GROUPS_FOR_EACH_JOB);
        AtomicInteger tablesWithData = new AtomicInteger();
        List<Callable<Object>> stages = new ArrayList<>();
        List<StoredFile> files = new ArrayList<>();
        stages.add(() -> {
            files.add(DefinitionsOfSet.write(run.writer, snapshot.session(), snapshot.server()));
            return excluded.kept(snapshot.contents(tables, dump.countRowsUpTo().toBytes(), dump.digests()));
        });
        for (int i = 0; i < groups.size(); i++) {
            String file = "tables-%02d.dump".formatted(i + 1);
            List<Table> group = groups.get(i);
            List<String> command = pgDump(run, name, "--data-only", "--table", group);
            stages.add(() ->
                    archive(run, file, FileKind.TABLES, command, tablesWithData).of(group));
        }
        List<String> command = pgDump(
                run,
                name,
                "",
                "--exclude-table-data",
                groups.stream().flatMap(List::stream).toList());
        command.addAll(excluded.options());
        stages.add(() -> archive(run, "database.dump", FileKind.DATABASE, command, tablesWithData));
        stages.add(() -> globals(run));

        List<Object> results = Together.run(dump.jobs() + 1, stages, () -> {
            snapshot.close();
            run.children.close();
        });
        Contents contents = null;
        for (Object result : results) {
            if (result instanceof Contents counted) {
                contents = snapshot.withLaterSequences(counted);
            } else {
                files.add((StoredFile) result);
            }
        }
        checkComplete(Objects.requireNonNull(contents), files, tablesWithData.get());
        files.sort(Comparator.comparing(StoredFile::kind).thenComparing(StoredFile::name));
        String version = "pg_dump " + run.client.version();
        document(run, snapshot, excluded, version, files);
        return new Manifest(
                        1,
                        run.id,
                        request.slot(),
                        startedAt,
                        tools.clock().instant(),
                        snapshot.server(),
                        version,
                        tools.compression().label(),
                        tools.encryption().description(),
                        files,
                        contents)
                .without(excluded.recorded());
    }

    /** Adds what an operator needs to restore the set without the sidecar. It names the other files, so it comes last. */
    private void document(Run run, Snapshot snapshot, Excluded excluded, String version, List<StoredFile> files) {
        files.add(definition(run, Instructions.CREATE_FILE, Instructions.create(snapshot.server())));
        if (!snapshot.server().schema().isEmpty()) {
            files.add(definition(run, Instructions.SCHEMA_FILE, Instructions.schema(snapshot.server())));
        }
        files.add(definition(run, Instructions.DEFINITION_FILE, Instructions.definition(snapshot.server())));
        String instructions = Instructions.text(
                run.id,
                snapshot.server(),
                tools.encryption().description(),
                files,
                version,
                tools.catalogue().signatures().keyId());
        String gaps = excluded.recorded().isNone() ? "" : excluded.gaps();
        files.add(run.writer.writePlain(
                Instructions.FILE, FileKind.INSTRUCTIONS, (instructions + gaps).getBytes(StandardCharsets.UTF_8)));
    }

    private static StoredFile definition(Run run, String name, String sql) {
        return run.writer.writePlain(name, FileKind.DEFINITION, sql.getBytes(StandardCharsets.UTF_8));
    }

    /** pg_dump reads names in the encoding of the database, but we pass them in UTF-8. */
    private static boolean canBeNamed(Table table, String encoding) {
        return encoding.equals("UTF8")
                || encoding.equals("SQL_ASCII")
                || StandardCharsets.US_ASCII.newEncoder().canEncode(table.schema() + table.name());
    }

    private List<String> pgDump(Run run, String snapshot, String option, String forEach, List<Table> tables) {
        List<String> command = new ArrayList<>(List.of(
                run.client.program("pg_dump"),
                "--format=custom",
                "--compress=0",
                "--no-password",
                "--snapshot=" + snapshot,
                "--lock-wait-timeout=" + settings.dump().lockWait().toMillis(),
                "--dbname=" + run.connection));
        if (!option.isEmpty()) {
            command.add(option);
        }
        // Double quotes turn off the special characters of a pattern, so that the name matches exactly.
        tables.forEach(
                table -> command.add(forEach + "=" + Sql.quoted(table.schema()) + "." + Sql.quoted(table.name())));
        return command;
    }

    private static StoredFile archive(
            Run run, String name, FileKind kind, List<String> command, AtomicInteger tablesWithData)
            throws InterruptedException {
        return run.writer.write(name, kind, out -> {
            try (Child list = run.children.start(List.of(run.client.program("pg_restore"), "--list"));
                    Child dump = run.children.start(command).speaking(run.letters)) {
                dump.input().close();
                ArchiveWatch watch = new ArchiveWatch(out, list);
                dump.copyTo(watch, Reason.DUMP);
                tablesWithData.addAndGet(watch.finish());
            }
        });
    }

    private StoredFile globals(Run run) throws InterruptedException {
        List<String> command = List.of(
                run.client.program("pg_dumpall"),
                "--globals-only",
                "--no-password",
                "--database=" + tools.postgres().address().maintenanceDatabase(),
                "--dbname=" + run.connection);
        return run.writer.write("globals.sql", FileKind.GLOBALS, out -> {
            try (Child dump = run.children.start(command)) {
                dump.input().close();
                ByteArrayOutputStream script = new ByteArrayOutputStream();
                Tail tail = new Tail(new Limited(script));
                dump.copyTo(tail, Reason.DUMP);
                if (!tail.text().contains("PostgreSQL database cluster dump complete")) {
                    throw new BackupFailure(
                            Reason.DUMP, "pg_dumpall ended with exit code 0, but its output is truncated.");
                }
                out.write(SqlScript.globals(script.toByteArray()).script());
            }
        });
    }

    /** Checks what exit codes cannot show: the archives announce the rows of every table, and a row takes at least one byte. */
    private static void checkComplete(Contents contents, List<StoredFile> files, int tablesWithData) {
        long bytes = files.stream()
                .filter(file -> file.kind() == FileKind.DATABASE || file.kind() == FileKind.TABLES)
                .mapToLong(StoredFile::plainBytes)
                .sum();
        if (tablesWithData < contents.tables().size() || bytes < contents.rows()) {
            throw new BackupFailure(
                    Reason.DUMP,
                    "pg_dump ended with exit code 0, but wrote the rows of %d tables in %d bytes, while the snapshot has %d tables with %d rows."
                            .formatted(tablesWithData, bytes, contents.tables().size(), contents.rows()));
        }
    }

    /** Holds the globals in memory, up to some hundred thousand roles. */
    private static final class Limited extends FilterOutputStream {

        private long left = MOST_GLOBALS;

        Limited(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            left -= length;
            if (left < 0) {
                throw new BackupFailure(
                        Reason.DUMP, "Roles and tablespaces take more than %d MB.".formatted(MOST_GLOBALS >> 20));
            }
            out.write(bytes, offset, length);
        }
    }

    /** Passes bytes on and remembers the last ones. */
    private static final class Tail extends OutputStream {

        private static final int LENGTH = 256;

        private final OutputStream out;
        private final StringBuilder end = new StringBuilder();

        Tail(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
            int from = Math.max(0, length - LENGTH);
            end.append(new String(bytes, offset + from, length - from, StandardCharsets.ISO_8859_1));
            if (end.length() > 2 * LENGTH) {
                end.delete(0, end.length() - LENGTH);
            }
        }

        String text() {
            return end.toString();
        }
    }
}
