package dev.sidecar.dumps;

import dev.sidecar.dumps.DumpHead.Form;
import dev.sidecar.postgres.Child;
import dev.sidecar.postgres.InstalledPrograms.Client;
import dev.sidecar.postgres.NewDatabase;
import dev.sidecar.postgres.ScratchServer;
import dev.sidecar.postgres.Session;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Sql;
import dev.sidecar.stores.Source;
import dev.sidecar.text.HostileText;
import dev.sidecar.text.Limited;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Restores one dump into a scratch server, past every error, so that all of them can be told. */
final class DumpRestore {

    private static final String RESTORED = "restored";
    private static final String APPLICATION = "sidecar dumps";
    /** Each pass names roles that the one before could not get at. */
    private static final int MOST_PASSES = 5;

    private static final int TAIL = 4_096;
    private static final int END_OF_TAR = 1_024;
    private static final int BUFFER = 256 * 1024;
    private static final int LONGEST_ANSWER = 64 * 1024;
    private static final Pattern COMPLETE =
            Pattern.compile("^-- PostgreSQL database (?:cluster )?dump complete", Pattern.MULTILINE);
    private static final String UNPACK = "mkdir \"$1\" && exec tar --extract --directory=\"$1\" --file=\"$2\"";
    private static final String FIND = "exec find \"$1\" -maxdepth 4 -name toc.dat";
    private static final String PART = "mkdir -p \"$1\" && exec cat >\"$1/$2\"";

    private final Source source;
    private final DumpFile dump;
    private final DumpHead head;
    private final Client client;
    private final ScratchServer scratch;
    private final List<String> notes = new ArrayList<>();

    DumpRestore(Source source, DumpFile dump, DumpHead head, Client client, ScratchServer scratch) {
        this.source = source;
        this.dump = dump;
        this.head = head;
        this.client = client;
        this.scratch = scratch;
    }

    /**
     * Restores all of it.
     *
     * @throws UnusableDump if its bytes are wrong
     * @throws BackupFailure if our own side failed
     */
    RestoreMessages restore() throws InterruptedException {
        Path file = dump.isFolder() ? folder() : file();
        RestoreMessages messages = head.form() == Form.SCRIPT ? script(file) : archive(file);
        notes.addAll(messages.notes());
        return messages;
    }

    List<String> notes() {
        return notes;
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

    private Path file() throws InterruptedException {
        byte[] tail = new byte[TAIL];
        int[] kept = {0};
        try {
            Path file = scratch.write("dump", out -> {
                try (InputStream in = Decompression.of(source.open(dump.keys().get(0)))) {
                    byte[] buffer = new byte[BUFFER];
                    for (int n = read(in, buffer); n >= 0; n = read(in, buffer)) {
                        out.write(buffer, 0, n);
                        kept[0] = keep(tail, kept[0], buffer, n);
                    }
                } catch (IOException e) {
                    throw new BackupFailure(Reason.UNPROVEN, "Cannot read the dump: " + e.getMessage(), e);
                }
            });
            if (head.endsWithRemark()
                    && !COMPLETE.matcher(new String(tail, 0, kept[0], StandardCharsets.ISO_8859_1))
                            .find()) {
                throw new UnusableDump(
                        true,
                        "It is cut off: its last line is not pg_dump's \"-- PostgreSQL database dump complete\".");
            }
            if (head.form() == Form.TAR && !endsAsTar(tail, kept[0])) {
                throw new UnusableDump(true, "It is cut off: the end that every tar file has is missing.");
            }
            return file;
        } catch (IOException e) {
            throw new BackupFailure(Reason.SPACE, "Cannot write the dump for its restore: " + e.getMessage(), e);
        }
    }

    /** What cannot be decompressed is damage; what cannot be read from its place is not. */
    private static int read(InputStream in, byte[] buffer) throws IOException {
        try {
            return in.read(buffer);
        } catch (java.util.zip.ZipException | java.io.EOFException | com.github.luben.zstd.ZstdIOException e) {
            throw new UnusableDump(
                    true,
                    "It cannot be decompressed to its end: " + HostileText.line(String.valueOf(e.getMessage())) + ".");
        }
    }

    private static int keep(byte[] tail, int kept, byte[] buffer, int n) {
        if (n >= tail.length) {
            System.arraycopy(buffer, n - tail.length, tail, 0, tail.length);
            return tail.length;
        }
        int left = Math.min(kept, tail.length - n);
        System.arraycopy(tail, kept - left, tail, 0, left);
        System.arraycopy(buffer, 0, tail, left, n);
        return left + n;
    }

    /** pg_restore takes the end of a file for the end of its rows. */
    private static boolean endsAsTar(byte[] tail, int kept) {
        for (int i = kept - END_OF_TAR; i < kept; i++) {
            if (i < 0 || tail[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private Path folder() throws InterruptedException {
        try {
            Path folder = beside(scratch.write("folder", out -> {}));
            for (String key : dump.keys()) {
                String name = key.substring(key.lastIndexOf('/') + 1);
                try (Child cat = scratch.start(List.of("sh", "-c", PART, "part", folder.toString(), name))) {
                    try (InputStream in = source.open(key);
                            OutputStream out = cat.input()) {
                        in.transferTo(out);
                    }
                    cat.finish(Reason.SPACE);
                }
            }
            return folder;
        } catch (IOException e) {
            throw new BackupFailure(Reason.UNPROVEN, "Cannot read the dump: " + e.getMessage(), e);
        }
    }

    private static Path beside(Path file) {
        return file.resolveSibling(file.getFileName() + ".d");
    }

    private RestoreMessages archive(Path file) throws InterruptedException {
        Path archive = head.form() == Form.TAR ? unpacked(file) : file;
        for (int pass = 1; pass <= MOST_PASSES; pass++) {
            anew(List.of(RESTORED));
            RestoreMessages messages = pgRestore(List.of("--schema-only", archive.toString()));
            if (!createRoles(messages.missingRoles())) {
                break;
            }
        }
        anew(List.of(RESTORED));
        return withMissingRoles(pgRestore(List.of(archive.toString())));
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
                "--dbname=" + scratch.connectionString(RESTORED)));
        command.addAll(arguments);
        return run(command);
    }

    private RestoreMessages script(Path file) throws InterruptedException {
        RestoreMessages messages = null;
        for (int pass = 1; pass <= MOST_PASSES; pass++) {
            anew(List.of(RESTORED));
            messages = run(List.of(
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
                    file.toString()));
            if (!createRoles(messages.missingRoles())) {
                break;
            }
        }
        return withMissingRoles(java.util.Objects.requireNonNull(messages));
    }

    private RestoreMessages withMissingRoles(RestoreMessages messages) {
        messages.missingRoles().forEach(role -> messages.line("ERROR:  the role \"%s\" is missing".formatted(role)));
        return messages;
    }

    private RestoreMessages run(List<String> command) throws InterruptedException {
        RestoreMessages messages = new RestoreMessages();
        try (Child program = scratch.startPipe(List.of(command), messages::line).get(0)) {
            program.input().close();
            program.output().transferTo(OutputStream.nullOutputStream());
            program.waitForErrors();
        } catch (IOException e) {
            throw new BackupFailure(Reason.UNPROVEN, "The restore broke off: " + e, e);
        }
        return messages;
    }

    /** Drops what an earlier pass left, and creates the databases. */
    private void anew(List<String> databases) {
        try (Session maintenance = session("postgres")) {
            for (String name : maintenance.texts(
                    "SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')")) {
                maintenance.execute("ALTER DATABASE %s IS_TEMPLATE false".formatted(Sql.quoted(name)));
                NewDatabase.drop(maintenance, name);
            }
            for (String name : databases) {
                NewDatabase.createPlain(maintenance, name, head.encoding());
            }
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
