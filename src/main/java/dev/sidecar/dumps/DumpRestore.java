package dev.sidecar.dumps;

import dev.sidecar.dumps.DumpHead.Form;
import dev.sidecar.postgres.Child;
import dev.sidecar.postgres.InstalledPrograms.Client;
import dev.sidecar.postgres.NewDatabase;
import dev.sidecar.postgres.ScratchServer;
import dev.sidecar.postgres.Session;
import dev.sidecar.postgres.UnfinishedDatabase;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Sql;
import dev.sidecar.stores.Source;
import dev.sidecar.text.HostileText;
import dev.sidecar.text.Limited;
import dev.sidecar.text.Sizes;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.ZipException;

/** Restores one dump into a scratch server, past every error, so that all of them can be told. */
final class DumpRestore {

    private static final String RESTORED = "restored";
    private static final String APPLICATION = "sidecar dumps";
    /** Each pass names roles that the one before could not get at. */
    private static final int MOST_PASSES = 5;

    /** pg_restore's exit code where it went on past errors. */
    private static final int PAST_ERRORS = 1;

    private static final int TAIL = 4_096;
    private static final int END_OF_TAR = 1_024;
    private static final int BUFFER = 256 * 1024;
    private static final int LONGEST_ANSWER = 64 * 1024;
    private static final Pattern DATABASE_COMPLETE =
            Pattern.compile("^-- PostgreSQL database dump complete", Pattern.MULTILINE);
    private static final Pattern CLUSTER_COMPLETE =
            Pattern.compile("^-- PostgreSQL database cluster dump complete", Pattern.MULTILINE);
    private static final String UNPACK = "mkdir \"$1\" && exec tar --extract --directory=\"$1\" --file=\"$2\"";
    private static final String FIND = "exec find \"$1\" -maxdepth 4 -name toc.dat";
    private static final String PART = "mkdir -p \"$1\" && exec cat >\"$1/$2\"";

    private final Source source;
    private final DumpFile dump;
    private final DumpHead head;
    private final Client client;
    private final ScratchServer scratch;
    private final long room;
    private final List<String> notes = new ArrayList<>();
    private Duration lastPass = Duration.ZERO;

    /** @param room bytes that the dump may have, decompressed: a small file can become any number */
    DumpRestore(Source source, DumpFile dump, DumpHead head, Client client, ScratchServer scratch, long room) {
        this.source = source;
        this.dump = dump;
        this.head = head;
        this.client = client;
        this.scratch = scratch;
        this.room = room;
    }

    /**
     * Restores all of it.
     *
     * @throws UnusableDump if its bytes are wrong
     * @throws NoSuchFileException if it is gone meanwhile
     * @throws BackupFailure if our own side failed
     */
    RestoreMessages restore() throws InterruptedException, NoSuchFileException {
        Path file = dump.isFolder() ? folder() : file();
        RestoreMessages messages = head.form() == Form.SCRIPT ? script(file) : archive(file);
        messages.lacksRoles();
        notes.addAll(messages.notes());
        return messages;
    }

    List<String> notes() {
        return notes;
    }

    /** How long the restore itself took, without finding its roles. */
    Duration lastPass() {
        return lastPass;
    }

    /** Finds the restored database. @param wanted its name, if the dump names databases itself */
    String database(String wanted) {
        List<String> names = texts(
                "postgres",
                "SELECT datname FROM pg_database WHERE NOT datistemplate AND datallowconn AND datname <> 'postgres' ORDER BY 1");
        List<String> others =
                names.stream().filter(name -> !name.equals(RESTORED)).toList();
        if (others.contains(wanted)) {
            return wanted;
        }
        if (names.contains(RESTORED) && tables(RESTORED) > 0) {
            return RESTORED;
        }
        if (others.size() > 1) {
            throw new UnusableDump(
                    false,
                    "It holds the databases %s, and none is called %s: set the database of this source."
                            .formatted(HostileText.line(String.join(", ", others)), HostileText.line(wanted)));
        }
        return others.isEmpty() ? RESTORED : others.get(0);
    }

    long tables(String database) {
        return number(
                database,
                "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'f')"
                        + " AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'");
    }

    long bytes(String database) {
        return number(database, "SELECT pg_database_size(current_database())");
    }

    Session session(String database) {
        return scratch.address().connect(database, APPLICATION);
    }

    /** They act on what comes after the restore, and have been restored by now. */
    void silenceEventTriggers(String database) {
        try (Session session = session(database)) {
            for (String trigger : session.texts("SELECT quote_ident(evtname) FROM pg_event_trigger")) {
                session.execute("ALTER EVENT TRIGGER " + trigger + " DISABLE");
            }
        } catch (SQLException e) {
            throw unproven(e);
        }
    }

    private long number(String database, String query) {
        try {
            return Long.parseLong(texts(database, query).get(0));
        } catch (NumberFormatException e) {
            throw new BackupFailure(Reason.UNPROVEN, "The restored database answers nonsense.", e);
        }
    }

    private List<String> texts(String database, String query) {
        try (Session session = session(database)) {
            return session.texts(query);
        } catch (SQLException e) {
            throw unproven(e);
        }
    }

    private static BackupFailure unproven(SQLException e) {
        return new BackupFailure(Reason.UNPROVEN, "Cannot query the scratch server: " + e.getMessage(), e);
    }

    private static BackupFailure unreadable(IOException e) {
        return new BackupFailure(Reason.UNPROVEN, "Cannot read the dump: " + e.getMessage(), e);
    }

    /** Decompresses it into the scratch server's place, and looks at its end. */
    private Path file() throws InterruptedException, NoSuchFileException {
        Tail tail = new Tail();
        try {
            Path file = scratch.write("dump", out -> {
                try (InputStream in = Decompression.of(source.open(dump.keys().get(0)))) {
                    long written = 0;
                    byte[] buffer = new byte[BUFFER];
                    for (int n = read(in, buffer); n >= 0; n = read(in, buffer)) {
                        written += n;
                        requireRoom(written);
                        out.write(buffer, 0, n);
                        tail.keep(buffer, n);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            requireEnd(tail);
            return file;
        } catch (UncheckedIOException e) {
            IOException cause = Objects.requireNonNull(e.getCause());
            if (cause instanceof NoSuchFileException gone) {
                throw gone;
            }
            throw unreadable(cause);
        } catch (IOException e) {
            throw new BackupFailure(Reason.SPACE, "Cannot write the dump for its restore: " + e.getMessage(), e);
        }
    }

    private void requireRoom(long written) {
        if (written > room) {
            throw new BackupFailure(
                    Reason.SPACE,
                    "Decompressed, it exceeds %s, the limit for a file of its size (growth of this source)."
                            .formatted(Sizes.of(room)));
        }
    }

    /** A dump that cannot be decompressed is damaged; one that cannot be read from its place is not. */
    private static int read(InputStream in, byte[] buffer) throws IOException {
        try {
            return in.read(buffer);
        } catch (ZipException | EOFException | com.github.luben.zstd.ZstdIOException e) {
            throw new UnusableDump(
                    true,
                    "It cannot be decompressed to its end: " + HostileText.line(String.valueOf(e.getMessage())) + ".");
        }
    }

    /** The last bytes of a file. */
    private static final class Tail {

        private final byte[] bytes = new byte[TAIL];
        private int kept;

        void keep(byte[] buffer, int n) {
            if (n >= TAIL) {
                System.arraycopy(buffer, n - TAIL, bytes, 0, TAIL);
                kept = TAIL;
                return;
            }
            int left = Math.min(kept, TAIL - n);
            System.arraycopy(bytes, kept - left, bytes, 0, left);
            System.arraycopy(buffer, 0, bytes, left, n);
            kept = left + n;
        }

        String text() {
            return new String(bytes, 0, kept, StandardCharsets.ISO_8859_1);
        }

        /** pg_restore takes the end of a file for the end of its rows. */
        boolean endsAsTar() {
            for (int i = kept - END_OF_TAR; i < kept; i++) {
                if (i < 0 || bytes[i] != 0) {
                    return false;
                }
            }
            return true;
        }
    }

    private void requireEnd(Tail tail) {
        switch (head.end()) {
            case ANY -> {}
            case DATABASE ->
                requireEnd(
                        DATABASE_COMPLETE.matcher(tail.text()).find(),
                        "its last line is not pg_dump's \"-- PostgreSQL database dump complete\"");
            case CLUSTER ->
                requireEnd(
                        CLUSTER_COMPLETE.matcher(tail.text()).find(),
                        "its last line is not pg_dumpall's \"-- PostgreSQL database cluster dump complete\"");
            case TAR -> requireEnd(tail.endsAsTar(), "the end that every tar file has is missing");
        }
    }

    private static void requireEnd(boolean there, String missing) {
        if (!there) {
            throw new UnusableDump(true, "It is cut off: %s.".formatted(missing));
        }
    }

    private Path folder() throws InterruptedException, NoSuchFileException {
        try {
            Path folder = beside(scratch.write("folder", out -> {}));
            for (String key : dump.keys()) {
                String name = key.substring(key.lastIndexOf('/') + 1);
                try (Child cat = scratch.start(List.of("sh", "-c", PART, "part", folder.toString(), name));
                        InputStream in = source.open(key)) {
                    copy(in, cat);
                }
            }
            return folder;
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** Only the program that writes knows whether reading or writing failed. */
    private static void copy(InputStream in, Child cat) throws IOException, InterruptedException {
        byte[] buffer = new byte[BUFFER];
        try (OutputStream out = cat.input()) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                try {
                    out.write(buffer, 0, n);
                } catch (IOException e) {
                    break;
                }
            }
        } catch (IOException e) {
            cat.close();
            throw e;
        }
        cat.finish(Reason.SPACE);
    }

    private static Path beside(Path file) {
        return file.resolveSibling(file.getFileName() + ".d");
    }

    private RestoreMessages archive(Path file) throws InterruptedException {
        Path archive = head.form() == Form.TAR ? unpacked(file) : file;
        for (int pass = 1; pass <= MOST_PASSES; pass++) {
            anew();
            RestoreMessages messages = pgRestore(List.of("--schema-only", archive.toString()));
            if (!createRoles(messages.missingRoles())) {
                break;
            }
        }
        anew();
        return pgRestore(List.of(archive.toString()));
    }

    /** A folder of pg_dump that somebody packed is no archive that pg_restore reads. */
    private Path unpacked(Path file) throws InterruptedException {
        try (Child list =
                scratch.start(List.of(client.program("pg_restore"), "--list", "--file=/dev/null", file.toString()))) {
            list.finish(Reason.RESTORE);
            return file;
        } catch (BackupFailure e) {
            if (e.reason() != Reason.RESTORE) {
                throw e;
            }
        }
        Path folder = beside(file);
        try (Child tar = scratch.start(List.of("sh", "-c", UNPACK, "unpack", folder.toString(), file.toString()))) {
            tar.finish(Reason.DAMAGED);
        } catch (BackupFailure e) {
            if (e.reason() == Reason.DAMAGED) {
                throw new UnusableDump(
                        true, "It cannot be unpacked: " + HostileText.line(String.valueOf(e.getMessage())));
            }
            throw e;
        }
        try (Child find = scratch.start(List.of("sh", "-c", FIND, "find", folder.toString()))) {
            find.input().close();
            List<String> found =
                    Limited.beginning(find.output(), LONGEST_ANSWER).lines().toList();
            if (found.size() != 1 || !found.get(0).startsWith(folder.toString())) {
                throw new UnusableDump(
                        false,
                        "It is a tar file that holds %s of pg_dump."
                                .formatted(found.isEmpty() ? "no dump" : "several dumps"));
            }
            return Path.of(found.get(0)).resolveSibling("");
        } catch (IOException e) {
            throw new BackupFailure(Reason.UNPROVEN, "Cannot look into the dump: " + e, e);
        }
    }

    private RestoreMessages pgRestore(List<String> arguments) throws InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                client.program("pg_restore"),
                "--no-password",
                "--no-tablespaces",
                "--dbname=" + scratch.connectionStringForExtensions(RESTORED)));
        command.addAll(arguments);
        return run("pg_restore", command, PAST_ERRORS);
    }

    private RestoreMessages script(Path file) throws InterruptedException {
        List<String> command = List.of(
                client.program("psql"),
                "-X",
                "-q",
                "-b",
                "-w",
                "-v",
                "ON_ERROR_STOP=0",
                "-d",
                scratch.connectionStringForScripts(RESTORED),
                "-f",
                file.toString());
        anew();
        RestoreMessages messages = run("psql", command, 0);
        for (int pass = 1; pass < MOST_PASSES && createRoles(messages.missingRoles()); pass++) {
            anew();
            messages = run("psql", command, 0);
        }
        return messages;
    }

    /** @param withErrors the exit code with which the program says that it went on past errors */
    private RestoreMessages run(String name, List<String> command, int withErrors) throws InterruptedException {
        RestoreMessages messages = new RestoreMessages();
        long begun = System.nanoTime();
        try (Child program = scratch.startPipe(List.of(command), messages::line).get(0)) {
            program.input().close();
            program.output().transferTo(OutputStream.nullOutputStream());
            messages.ended(name, program.waitForErrors(), withErrors);
        } catch (IOException e) {
            throw new BackupFailure(Reason.UNPROVEN, "The restore broke off: " + e, e);
        }
        lastPass = Duration.ofNanos(System.nanoTime() - begun);
        return messages;
    }

    /** Drops what an earlier pass left, and creates the database. */
    private void anew() {
        try (Session maintenance = session("postgres")) {
            for (String name : maintenance.texts(
                    "SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')")) {
                UnfinishedDatabase.drop(scratch.address(), maintenance, name);
            }
            NewDatabase.createPlain(maintenance, RESTORED, head.encoding());
        } catch (SQLException e) {
            throw unproven(e);
        }
    }

    /** A dump of one database names roles that it does not hold. @return whether there is any more than before */
    private boolean createRoles(Set<String> names) {
        Set<String> created = new HashSet<>();
        try (Session maintenance = session("postgres")) {
            for (String name : names) {
                try {
                    maintenance.execute("CREATE ROLE " + Sql.quoted(name));
                    created.add(name);
                } catch (SQLException e) {
                    // It stays among the errors of the restore.
                }
            }
        } catch (SQLException e) {
            throw unproven(e);
        }
        if (!created.isEmpty()) {
            notes.add("The dump does not hold its roles; they were created without rights: %s."
                    .formatted(HostileText.line(String.join(", ", created))));
        }
        return !created.isEmpty();
    }
}
