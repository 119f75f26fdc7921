package dev.sidecar.backup;

import dev.sidecar.archives.CarefulRestore;
import dev.sidecar.archives.Entry;
import dev.sidecar.archives.EventTriggers;
import dev.sidecar.archives.FailedEntry;
import dev.sidecar.archives.MaterializedView;
import dev.sidecar.archives.TableOfContents;
import dev.sidecar.postgres.Child;
import dev.sidecar.postgres.Children;
import dev.sidecar.postgres.ContentsReader;
import dev.sidecar.postgres.ContentsReader.Digesting;
import dev.sidecar.postgres.InstalledPrograms.Client;
import dev.sidecar.postgres.Session;
import dev.sidecar.postgres.Workbench;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Manifest.Contents;
import dev.sidecar.sets.Manifest.ExtensionTable;
import dev.sidecar.sets.Manifest.FileKind;
import dev.sidecar.sets.Manifest.StoredFile;
import dev.sidecar.sets.Manifest.Table;
import dev.sidecar.sets.SetReader;
import dev.sidecar.sets.Sql;
import dev.sidecar.text.Encodings;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Loads a set into an empty database: definitions, then rows from all archives in parallel, then indexes and constraints in parallel.
 * The archives of large tables are streamed; only the database's archive is decoded to a file, as pg_restore reads it several times.
 */
final class Loader {

    /** Matches an entry that belongs to the entry before it. */
    private static final Pattern ABOUT = Pattern.compile("\\d+; \\d+ \\d+ (COMMENT|SECURITY LABEL) ");

    private static final int MANY_TABLES = 10_000;
    private static final int LINEAR_MAJOR = 17;

    private final SetReader reader;
    private final Manifest manifest;
    private final Client client;
    private final int jobs;
    private final Workbench workbench;
    private final List<String> leftOut = new ArrayList<>();

    /** @param folder the folder to decode the database's archive to; its owner removes it */
    Loader(SetReader reader, Manifest manifest, Client client, int jobs, Path folder) {
        this(reader, manifest, client, jobs, Workbench.ofThisProcess(folder));
    }

    /** @param workbench where the programs run, and the files lie that they read */
    Loader(SetReader reader, Manifest manifest, Client client, int jobs, Workbench workbench) {
        this.reader = reader;
        this.manifest = manifest;
        this.client = client;
        this.jobs = jobs;
        this.workbench = workbench;
    }

    /**
     * Loads the whole set into a server that has no tablespaces and writes as little WAL as possible.
     *
     * @param connection connection string of the empty database, for programs
     * @param sessions opens a session with it
     */
    void loadIntoScratch(String connection, Supplier<Session> sessions) throws InterruptedException {
        Path archive = decodedDatabase();
        try (Children children = new Children(workbench)) {
            Call call = new Call(connection, As.SCRATCH, children);
            TableOfContents contents = TableOfContents.of(client, archive, workbench);
            if (contents.hasExtensions()) {
                run(call, List.of("--use-list=" + contents.extensions(), archive.toString()));
                EventTriggers ofExtensions = EventTriggers.silencedIn(sessions);
                load(call, sessions, contents, archive, List.of("--use-list=" + contents.afterExtensions()));
                ofExtensions.awakenIn(sessions);
            } else {
                load(call, sessions, contents, archive, List.of());
            }
        } finally {
            workbench.delete(archive);
        }
    }

    /**
     * Loads as much as possible of the whole set, with one job: after a load that failed, and into another empty database.
     *
     * @return what did not restore; empty if all did
     */
    List<FailedEntry> loadCarefullyIntoScratch(String connection, Supplier<Session> sessions)
            throws InterruptedException {
        Path archive = decodedDatabase();
        try {
            CarefulRestore restore = carefully(archive);
            List<FailedEntry> failed =
                    restore.all(new CarefulRestore.Into(options(connection, As.SCRATCH), true), sessions);
            leftOut.clear();
            leftOut.addAll(restore.leftOut());
            return failed;
        } finally {
            workbench.delete(archive);
        }
    }

    /** Restores with one job, past every error. @param archive of the database, decoded */
    CarefulRestore carefully(Path archive) {
        return new CarefulRestore(reader, manifest, client, workbench, archive);
    }

    /** Says what was left out on purpose, each a sentence. */
    List<String> leftOut() {
        return leftOut;
    }

    /** Decodes the database's archive to a file. The caller deletes it. */
    Path decodedDatabase() throws InterruptedException {
        return decoded(manifest.files(FileKind.DATABASE).get(0));
    }

    /** Deletes a decoded archive. */
    void discard(Path archive) {
        workbench.delete(archive);
    }

    /** Restores some entries of the database's archive one after the other; none if there are none. */
    void some(Call call, Path archive, List<Integer> ids) throws InterruptedException {
        listed(call, archive, ids, List.of());
    }

    /** Restores the rows: of all tables, of some, or of none. */
    void rows(Call call, Path archive, List<Integer> ids, RestoreRequest request) throws InterruptedException {
        if (request.schemaOnly()) {
            return;
        }
        if (!request.tables().isEmpty()) {
            rowsOfSome(call, archive, request.tables());
            return;
        }
        List<Callable<Boolean>> loads = new ArrayList<>();
        for (StoredFile file : manifest.files(FileKind.TABLES)) {
            loads.add(() -> stream(call.children, file, command(call, List.of("--section=data")), Reason.RESTORE));
        }
        if (loads.isEmpty()) {
            listed(call, archive, ids, List.of("--section=data", parallel()));
            return;
        }
        loads.add(() -> {
            listed(call, archive, ids, List.of("--section=data"));
            return true;
        });
        Together.run(jobs, loads, call.children);
    }

    /** Restores indexes, constraints and triggers; of some tables no foreign keys, as the tables they refer to are empty. */
    void rest(Call call, Path archive, List<Integer> ids, RestoreRequest request) throws InterruptedException {
        List<Integer> wanted = ids;
        if (!request.tables().isEmpty()) {
            Set<Integer> kept = numbers(withoutForeignKeys(archive));
            wanted = ids.stream().filter(kept::contains).toList();
        }
        listed(
                call,
                archive,
                wanted,
                request.schemaOnly()
                        ? List.of("--section=post-data", "--schema-only", parallel())
                        : List.of("--section=post-data", parallel()));
    }

    private void listed(Call call, Path archive, List<Integer> ids, List<String> options) throws InterruptedException {
        if (ids.isEmpty()) {
            return;
        }
        Path list = written("list", ids.stream().map(id -> id + ";").collect(Collectors.joining("\n")));
        try {
            List<String> arguments = new ArrayList<>(options);
            arguments.add("--use-list=" + list);
            arguments.add(archive.toString());
            run(call, arguments);
        } finally {
            workbench.delete(list);
        }
    }

    private String parallel() {
        return "--jobs=" + jobs(manifest.contents().tables().size(), client.major(), jobs);
    }

    /** Before PostgreSQL 17 the parallel pg_restore scans all remaining items after each one, so its time grows with their number squared. */
    static int jobs(int tables, int major, int most) {
        return tables > MANY_TABLES && major < LINEAR_MAJOR ? 1 : most;
    }

    /** Decodes every file to its end; pg_restore decodes the archives and discards the result. */
    void decodeAll() throws InterruptedException {
        for (StoredFile file : manifest.files()) {
            switch (file.kind()) {
                case DATABASE, TABLES -> {
                    try (Children children = new Children(workbench)) {
                        stream(
                                children,
                                file,
                                List.of(client.program("pg_restore"), "--file=/dev/null"),
                                Reason.DAMAGED);
                    }
                }
                case GLOBALS, DESCRIPTION -> reader.decode(file, OutputStream.nullOutputStream());
                case DEFINITION, INSTRUCTIONS -> reader.check(file);
            }
        }
    }

    /** Says whose the restored objects are. */
    enum As {
        /** Their owners', in a server without tablespaces. */
        SCRATCH,
        /** Their owners'. */
        OWNERS,
        /** The role's that restores them, and nobody is granted anything. */
        ONE_ROLE
    }

    /** A database to load into. @param connection its connection string */
    record Call(String connection, As as, Children children) {

        /** The same for a restore past every error. @param again whether what fails may be tried again */
        CarefulRestore.Into carefully(boolean again) {
            return new CarefulRestore.Into(options(connection, as), again);
        }
    }

    /** @param which of the archive's entries are not there yet, as an option */
    private void load(Call call, Supplier<Session> sessions, TableOfContents contents, Path archive, List<String> which)
            throws InterruptedException {
        if (manifest.files(FileKind.TABLES).isEmpty()
                && !contents.hasEventTriggers()
                && !contents.mayNeedForeignServers()) {
            run(call, with(which, parallel(), archive.toString()));
        } else {
            allTables(call, sessions, contents, archive, which);
        }
        if (contents.hasDoubles()) {
            run(call, List.of("--use-list=" + contents.aboutDoubles(), archive.toString()));
        }
    }

    private static List<String> with(List<String> options, String... more) {
        return Stream.concat(options.stream(), Stream.of(more)).toList();
    }

    private void allTables(
            Call call, Supplier<Session> sessions, TableOfContents contents, Path archive, List<String> which)
            throws InterruptedException {
        run(call, with(which, "--section=pre-data", archive.toString()));
        List<Callable<Boolean>> loads = new ArrayList<>();
        for (StoredFile file : manifest.files(FileKind.TABLES)) {
            loads.add(() -> streamUnlogged(call, file));
        }
        loads.add(() -> run(call, List.of("--section=data", archive.toString())));
        Together.run(jobs, loads, call.children);
        List<String> rest = new ArrayList<>(List.of("--section=post-data", parallel()));
        if (contents.hasEventTriggers() || contents.mayNeedForeignServers() || contents.hasDoubles()) {
            // A restore connects to no other server: it may be away, or the live one.
            Set<MaterializedView> unfilled =
                    contents.mayNeedForeignServers() ? MaterializedView.unfilled(sessions) : Set.of();
            unfilled.forEach(view -> leftOut.add(view.leftEmpty()));
            Charset letters = letters();
            rest.add("--use-list="
                    + contents.only(entry -> !entry.isOfEventTrigger()
                            && unfilled.stream().noneMatch(view -> entry.fills(view, letters))));
        }
        rest.add(archive.toString());
        run(call, rest);
        if (contents.hasEventTriggers()) {
            // The last of all: they act on every definition that comes after them.
            run(call, List.of("--use-list=" + contents.only(Entry::isOfEventTrigger), archive.toString()));
        }
    }

    private void rowsOfSome(Call call, Path archive, List<String> names) throws InterruptedException {
        Set<String> wanted = new HashSet<>(names);
        for (Table table : manifest.contents().tables()) {
            if (wanted.remove(table.qualifiedName())) {
                List<String> only = List.of("--section=data", "--schema=" + table.schema(), "--table=" + table.name());
                StoredFile own = manifest.files(FileKind.TABLES).stream()
                        .filter(file -> file.tables().contains(table.qualifiedName()))
                        .findFirst()
                        .orElse(null);
                if (own == null) {
                    List<String> fromFile = new ArrayList<>(only);
                    fromFile.add(archive.toString());
                    run(call, fromFile);
                } else {
                    streamUntilSatisfied(call, own, command(call, only));
                }
            }
        }
    }

    private static Set<Integer> numbers(List<String> list) {
        return list.stream()
                .filter(line -> !line.isEmpty() && Character.isDigit(line.charAt(0)))
                .map(line -> Integer.valueOf(line.substring(0, line.indexOf(';'))))
                .collect(Collectors.toSet());
    }

    /** Lists the entries without foreign keys and their comments, which follow them: a comment on a missing key would be an error. */
    private List<String> withoutForeignKeys(Path archive) throws InterruptedException {
        String all = listed(archive);
        List<String> kept = new ArrayList<>();
        boolean foreignKey = false;
        for (String line : all.lines().toList()) {
            foreignKey = line.contains(" FK CONSTRAINT ")
                    || foreignKey && ABOUT.matcher(line).lookingAt();
            if (!foreignKey) {
                kept.add(line);
            }
        }
        return kept;
    }

    private String listed(Path archive) throws InterruptedException {
        try (Children children = new Children(workbench);
                Child list = children.start(List.of(client.program("pg_restore"), "--list", archive.toString()))) {
            return list.finish(Reason.RESTORE);
        }
    }

    private Path written(String prefix, String text) throws InterruptedException {
        return write(prefix, out -> {
            try {
                out.write(text.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private Path decoded(StoredFile file) throws InterruptedException {
        return write("database", out -> reader.decode(file, out));
    }

    private Path write(String name, Consumer<OutputStream> content) throws InterruptedException {
        try {
            return workbench.write(name, content);
        } catch (IOException | UncheckedIOException e) {
            throw new BackupFailure(
                    Reason.SPACE, "Cannot write a file for the restore: %s".formatted(e.getMessage()), e);
        }
    }

    private List<String> command(Call call, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(client.program("pg_restore"), "--exit-on-error"));
        command.addAll(options(call.connection, call.as));
        command.addAll(arguments);
        return command;
    }

    private static List<String> options(String connection, As as) {
        List<String> options = new ArrayList<>(List.of("--no-password", "--dbname=" + connection));
        switch (as) {
            case SCRATCH -> options.add("--no-tablespaces");
            case ONE_ROLE -> options.addAll(List.of("--no-owner", "--no-privileges"));
            case OWNERS -> {}
        }
        return options;
    }

    private boolean run(Call call, List<String> arguments) throws InterruptedException {
        try (Child child = call.children.start(command(call, arguments)).speaking(letters())) {
            child.input().close();
            child.copyTo(OutputStream.nullOutputStream(), Reason.RESTORE);
            return true;
        } catch (IOException e) {
            throw new BackupFailure(Reason.RESTORE, "pg_restore failed: " + e, e);
        }
    }

    private Charset letters() {
        return Encodings.charset(manifest.server().encoding());
    }

    /** Streams a file into a program. The error of the program counts more than the broken pipe it causes. */
    private boolean stream(Children children, StoredFile file, List<String> command, Reason reason)
            throws InterruptedException {
        try (Child child = children.start(command).speaking(letters())) {
            Optional<BackupFailure> broken = feed(file, child);
            child.copyTo(OutputStream.nullOutputStream(), reason);
            if (broken.isPresent()) {
                throw broken.get();
            }
            return true;
        } catch (IOException e) {
            throw new BackupFailure(reason, "pg_restore failed: " + e, e);
        }
    }

    /** Streams a file into a pg_restore that stops reading after the last row it was asked for. */
    private void streamUntilSatisfied(Call call, StoredFile file, List<String> command) throws InterruptedException {
        try (Child child = call.children.start(command).speaking(letters())) {
            feed(file, child);
            child.copyTo(OutputStream.nullOutputStream(), Reason.RESTORE);
        } catch (IOException e) {
            throw new BackupFailure(Reason.RESTORE, "pg_restore failed: " + e, e);
        }
    }

    /**
     * Streams a file into tables that are emptied in the same transaction; with {@code wal_level = minimal} the server then writes no WAL.
     * pg_restore does the same, but only for tables it created in the same run, and a stream can be read only once.
     */
    private boolean streamUnlogged(Call call, StoredFile file) throws InterruptedException {
        Path empty = emptying(file.tables());
        try {
            List<String> script = List.of(client.program("pg_restore"), "--file=-", "--section=data");
            List<String> run = List.of(
                    client.program("psql"),
                    "--no-psqlrc",
                    "--quiet",
                    "--no-password",
                    "--single-transaction",
                    "--set=ON_ERROR_STOP=1",
                    "--output=/dev/null",
                    "--dbname=" + call.connection,
                    "--file=" + empty,
                    "--file=-");
            List<Child> children = call.children.startPipe(List.of(script, run));
            try (Child restore = children.get(0);
                    Child psql = children.get(1)) {
                Optional<BackupFailure> broken = feed(file, restore);
                psql.output().transferTo(OutputStream.nullOutputStream());
                if (restore.waitFor() != 0 && !restore.lostItsReader()) {
                    // psql has then read half a row and complains about that.
                    restore.expectSuccess(Reason.RESTORE);
                }
                psql.expectSuccess(Reason.RESTORE);
                restore.expectSuccess(Reason.RESTORE);
                if (broken.isPresent()) {
                    throw broken.get();
                }
                return true;
            }
        } catch (IOException e) {
            throw new BackupFailure(Reason.RESTORE, "pg_restore and psql failed: " + e, e);
        } finally {
            workbench.delete(empty);
        }
    }

    /** Feeds a file to a program. @return a failure if the program ended before it had read all; its own error says more */
    private Optional<BackupFailure> feed(StoredFile file, Child child) {
        try (OutputStream in = child.input()) {
            reader.decode(file, in);
            return Optional.empty();
        } catch (BackupFailure e) {
            if (e.reason() != Reason.RESTORE) {
                throw e;
            }
            return Optional.of(e);
        } catch (IOException e) {
            return Optional.of(new BackupFailure(
                    Reason.RESTORE, "The program that reads %s ended early.".formatted(file.name()), e));
        }
    }

    /**
     * Writes a script that empties the tables, but not the partitions by hash: pg_dump may load their rows through the parent, which can put them
     * into partitions that another archive fills.
     */
    private Path emptying(List<String> names) throws InterruptedException {
        Set<String> wanted = new HashSet<>(names);
        String tables = manifest.contents().tables().stream()
                .filter(table -> wanted.contains(table.qualifiedName()))
                .map(table -> Sql.literal(Sql.quoted(table.schema()) + "." + Sql.quoted(table.name())))
                .collect(Collectors.joining(", "));
        String script = """
                SET client_encoding = 'UTF8';
                SELECT pg_catalog.format('TRUNCATE ONLY %%s', t) FROM pg_catalog.unnest(ARRAY[%s]::pg_catalog.regclass[]) t
                WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(t) a
                                  JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = a.relid WHERE p.partstrat = 'h') \\gexec
                """.formatted(tables);
        return written("empty", script);
    }

    /** Counts the contents of a restored database. Tables that the manifest did not count are not counted either. */
    static Contents contents(Session session, Manifest manifest, Set<String> only) {
        return contents(session, manifest, manifest.contents(), only);
    }

    /** The same, digested as far as the contents expected are. */
    static Contents contents(Session session, Manifest manifest, Contents expected, Set<String> only) {
        try {
            ContentsReader contents = new ContentsReader(session);
            Map<String, Digesting> counted = new HashMap<>();
            for (Table table : expected.tables()) {
                if (table.rows() != null && (only.isEmpty() || only.contains(table.qualifiedName()))) {
                    counted.put(table.qualifiedName(), Digesting.of(table));
                }
            }
            List<Table> tables = new ArrayList<>();
            for (Table table : contents.tables()) {
                if (manifest.leftOut().includes(table.qualifiedName())) {
                    continue;
                }
                Digesting digesting = counted.get(table.qualifiedName());
                tables.add(digesting == null ? table : contents.counted(table, digesting));
            }
            return new Contents(
                    tables,
                    contents.sequences(),
                    contents.largeObjects(),
                    contents.extensions(),
                    contents.roles(),
                    contents.tablespaces(),
                    only.isEmpty() ? extensionTables(contents, expected) : null);
        } catch (SQLException e) {
            throw new BackupFailure(Reason.RESTORE, "Cannot count the restored rows: " + e.getMessage(), e);
        }
    }

    private static List<ExtensionTable> extensionTables(ContentsReader contents, Contents expected)
            throws SQLException {
        Map<String, Digesting> counted = new HashMap<>();
        for (ExtensionTable dumped : expected.extensionTables()) {
            if (dumped.table().rows() != null) {
                counted.put(dumped.table().qualifiedName(), Digesting.of(dumped.table()));
            }
        }
        return contents.extensionTables(found -> counted.get(found.table().qualifiedName()));
    }

    /** The contents that may be compared on a live server: not the digests of older versions, whose query runs what the backup holds. */
    static Contents comparableLive(Contents expected) {
        return new Contents(
                expected.tables().stream()
                        .map(table -> Digesting.of(table) == Digesting.PLANNED ? table.withoutDigest() : table)
                        .toList(),
                expected.sequences(),
                expected.largeObjects(),
                expected.extensions(),
                expected.roles(),
                expected.tablespaces(),
                expected.rowsOfExtensions());
    }
}
