package dev.sidecar.pitr;

import dev.sidecar.postgres.Child;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.text.HostileText;
import dev.sidecar.text.Limited;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;

/** Runs pgBackRest, and says what its errors mean. No secret is on its command line: it reads those from its own configuration. */
final class PgBackRest {

    static final String FULL =
            "The repository is full: make room, or keep fewer sets (repo1-retention-full). The sets in it are untouched.";

    private static final String FULL_TARGET =
            "There is no room left where the files are restored to: make room, and run it again. The repository is untouched.";

    private static final int LONGEST = 300;
    /** Some millions of files. */
    private static final long LONGEST_LISTING = 1L << 30;

    private static final Pattern ERROR = Pattern.compile("ERROR: \\[(\\d{3})]: ?(.*)");

    private static final Pattern DATA_DIRECTORY = Pattern.compile("\\s*pg1-path\\s*=\\s*(/.*\\S)\\s*");

    private static final Pattern UNCHECKED = Pattern.compile("WARN: unable to check pg\\d+: \\[(\\w{1,40})] ?");
    private static final int NOT_SUPPORTED = 46;
    private static final int NO_PRIMARY = 56;
    private static final int MISSING = 55;

    /** A second repository in the configuration has sets of its own, and is whose who takes them. */
    private static final Set<String> OF_ONE_REPOSITORY =
            Set.of("info", "repo-ls", "repo-get", "backup", "expire", "restore");

    private final String program;
    private final String config;
    private final String stanza;

    PgBackRest(PitrProperties settings) {
        this.program = settings.program();
        this.config = settings.config();
        this.stanza = settings.stanza();
    }

    String stanza() {
        return stanza;
    }

    /** The cluster's data directory on this machine, as its configuration names it; empty if it names none that is simply found. */
    Optional<Path> dataDirectory() {
        String section = "";
        Path found = null;
        try {
            for (String line : Files.readAllLines(Path.of(config))) {
                Matcher path = DATA_DIRECTORY.matcher(line);
                if (line.startsWith("[")) {
                    section = line.strip();
                } else if (path.matches() && section.equals("[" + stanza + "]")) {
                    found = Path.of(path.group(1));
                }
            }
        } catch (IOException e) {
            return Optional.empty();
        }
        return Optional.ofNullable(found);
    }

    /** The beginning of a command line for a shell, with what every command needs. */
    String commandLine(List<String> options) {
        return "%s --config=%s --stanza=%s --log-level-file=off %s"
                .formatted(program, config, stanza, String.join(" ", options));
    }

    /** Runs one of its commands. @return what it wrote to standard output */
    String run(Duration limit, String command, List<String> options) throws InterruptedException {
        return run(limit, command, options, "warn");
    }

    /** The same, whose log of what it does comes on standard output with the rest. */
    String runTelling(Duration limit, String command, List<String> options) throws InterruptedException {
        return run(limit, command, options, "info");
    }

    private String run(Duration limit, String command, List<String> options, String level) throws InterruptedException {
        return with(limit, command, options, level, child -> child.finish(Reason.STORAGE));
    }

    /** Takes from the output of a command what is wanted, while it is written: it may be larger than our memory. */
    @FunctionalInterface
    interface Reading<T> {

        /** @throws IOException if it is too long @throws JacksonException if it is not what was expected */
        T from(InputStream output) throws IOException;
    }

    /** Runs one of its commands, and reads its output, which may be long. */
    <T> T read(Duration limit, String command, List<String> options, Reading<T> reading) throws InterruptedException {
        return with(limit, command, options, "warn", child -> {
            try {
                child.input().close();
                try (InputStream output = Limited.stream(child.output(), LONGEST_LISTING)) {
                    T read = reading.from(output);
                    child.expectSuccess(Reason.STORAGE);
                    return read;
                }
            } catch (IOException | JacksonException e) {
                // If it failed, its own words say more.
                child.expectSuccess(Reason.STORAGE);
                throw new BackupFailure(
                        Reason.STORAGE,
                        "What pgBackRest's %s wrote cannot be read: %s"
                                .formatted(command, beginning(String.valueOf(e.getMessage()))),
                        e);
            }
        });
    }

    private interface Using<T> {
        T use(Child child) throws InterruptedException;
    }

    private <T> T with(Duration limit, String command, List<String> options, String level, Using<T> using)
            throws InterruptedException {
        if (!Files.isReadable(Path.of(config))) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED,
                    "Cannot read %s: write pgBackRest's configuration there, or change sidecar.pitr.config."
                            .formatted(config));
        }
        List<String> line = new ArrayList<>(List.of(
                program,
                command,
                "--config=" + config,
                "--stanza=" + stanza,
                "--log-level-file=off",
                "--no-log-timestamp",
                "--log-level-console=" + (level.equals("info") ? "info" : "off"),
                "--log-level-stderr=" + (level.equals("info") ? "error" : level)));
        if (OF_ONE_REPOSITORY.contains(command)) {
            line.add("--repo=1");
        }
        line.addAll(options);
        AtomicBoolean late = new AtomicBoolean();
        try (Child child = Child.start(line)) {
            CountDownLatch ended = endAfter(limit, child, late);
            try {
                return using.use(child);
            } finally {
                ended.countDown();
            }
        } catch (BackupFailure e) {
            throw late.get()
                    ? new BackupFailure(
                            Reason.STORAGE,
                            "pgBackRest's %s took longer than %s and was ended.".formatted(command, limit))
                    : explained(command, e);
        }
    }

    /** A repository in a bucket may never answer. */
    private static CountDownLatch endAfter(Duration limit, Child child, AtomicBoolean late) {
        CountDownLatch ended = new CountDownLatch(1);
        Thread watch = new Thread(
                () -> {
                    try {
                        if (!ended.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                            late.set(true);
                            child.close();
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "pgbackrest-limit");
        watch.setDaemon(true);
        watch.start();
        return ended;
    }

    /** Its numbers are the same in every version; its words are not. */
    private BackupFailure explained(String command, BackupFailure failure) {
        Matcher error = ERROR.matcher(failure.getMessage());
        if (!error.find()) {
            return failure;
        }
        int number = Integer.parseInt(error.group(1));
        // It warns of what is wrong with the server, and the error is only that no server is left.
        Matcher unchecked = UNCHECKED.matcher(failure.getMessage());
        boolean warned = number == NO_PRIMARY && unchecked.find();
        String said = beginning(failure.getMessage().substring(warned ? unchecked.start(1) : error.start(2)));
        int meant = warned && unchecked.group(1).equals("VersionNotSupportedError") ? NOT_SUPPORTED : number;
        Meaning meaning = command.equals("restore") && meant == MISSING
                ? new Meaning(
                        Reason.STORAGE,
                        "Files of the set are missing in the repository: it was copied in part, or something else deletes in it.")
                : ofNumber(meant).orElseGet(() -> ofWords(command, meant, said, failure.reason()));
        return new BackupFailure(meaning.reason, meaning.sentence + " It says: " + said, failure);
    }

    private record Meaning(Reason reason, String sentence) {}

    private static Optional<Meaning> means(Reason reason, String sentence) {
        return Optional.of(new Meaning(reason, sentence));
    }

    /** Finds what the number of the error tells, without its text. */
    private Optional<Meaning> ofNumber(int number) {
        return switch (number) {
            case 29, 95, 26 ->
                means(
                        Reason.ENCRYPTION,
                        "The repository cannot be read with this key: compare repo1-cipher-pass in %s with that of the machine that wrote it; otherwise its files are damaged. Never make a new stanza over it."
                                .formatted(config));
            case 28, 44, 51, 58 ->
                means(
                        Reason.DIFFERENT,
                        "Stanza '%s' belongs to another database cluster: each cluster needs a stanza of its own (sidecar.pitr.stanza). After an upgrade of PostgreSQL run 'pgbackrest stanza-upgrade'."
                                .formatted(stanza));
            case 38 ->
                means(
                        Reason.BUSY,
                        "PostgreSQL runs on this data directory: stop it first. One that was killed left its postmaster.pid there: start it once and stop it, or remove that file if no process of it is left.");
            case NOT_SUPPORTED ->
                means(
                        Reason.VERSION,
                        "pgBackRest is older than the PostgreSQL server and does not know its version: install a newer pgBackRest.");
            case 49, NO_PRIMARY, 101 ->
                means(Reason.CONNECTION, "pgBackRest cannot reach the database's host or the repository.");
            case 50 -> means(Reason.BUSY, "Another run of pgBackRest is at work on this stanza.");
            case 62 ->
                means(
                        Reason.NOT_CONFIGURED,
                        "pgBackRest was stopped for this stanza: run 'pgbackrest start' to let it work again.");
            case 82 ->
                means(
                        Reason.STORAGE,
                        "WAL did not arrive in the archive in time. The repository may be full or away: look at pg_stat_archiver and at the server's log, which has the words of archive_command.");
            case 87 ->
                means(Reason.NOT_CONFIGURED, "The server does not archive: set archive_mode = on and restart it.");
            case 30, 31, 32, 33, 34, 35, 37, 90 ->
                means(Reason.NOT_CONFIGURED, "Fix pgBackRest's configuration " + config + ".");
            case MISSING, 103, 104 ->
                means(
                        Reason.STORAGE,
                        "Something is missing in the repository of stanza '%s'; run 'pgbackrest stanza-create' if it is new."
                                .formatted(stanza));
            case 75 -> means(Reason.NOT_FOUND, "There is no such set.");
            default -> Optional.empty();
        };
    }

    /** Files that it could not read or write, and what it was told by others, it says in words. @param otherwise if they tell nothing */
    private static Meaning ofWords(String command, int number, String said, Reason otherwise) {
        boolean ofFiles = Set.of(41, 47, 59, 64).contains(number);
        if (ofFiles && (said.contains("No space left") || said.contains("[28]") || isWrittenInPart(said))) {
            return new Meaning(Reason.SPACE, command.equals("restore") ? FULL_TARGET : FULL);
        }
        if (ofFiles) {
            return new Meaning(Reason.STORAGE, "The repository cannot be read or written.");
        }
        if (number == 57 && (said.contains("closed the connection") || said.contains("terminating connection"))) {
            return new Meaning(
                    Reason.CONNECTION,
                    "The database's server did not answer to the end: it was stopped, or crashed. The sets in the repository are untouched.");
        }
        return new Meaning(otherwise, "pgBackRest's " + command + " failed.");
    }

    /** The system gives no error where a file took some of what was to be written; then there was no room for the rest. */
    private static boolean isWrittenInPart(String said) {
        return said.contains("unable to write '") && !said.contains("': [");
    }

    /** Errors quote what they could not read, which may be bytes of a file that was decrypted with a wrong key. */
    static String beginning(String said) {
        String line = HostileText.line(said.split("FormatError:|HINT:", 2)[0]).strip();
        return line.length() > LONGEST ? line.substring(0, LONGEST) + "…" : line;
    }
}
