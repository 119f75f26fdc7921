package dev.sidecar.checks;

import dev.sidecar.postgres.Session;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.CheckResult;
import dev.sidecar.sets.CheckResult.CheckOutcome;
import dev.sidecar.sets.Sql;
import dev.sidecar.text.Durations;
import dev.sidecar.text.HostileText;
import dev.sidecar.text.ServerErrors;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds the operator's own checks in their folder and runs them against a restored copy. It reads the folder each time, as somebody may
 * have changed it. A file that cannot be used is a result too: a check that is never run must not look like one that held.
 */
public final class OwnChecks {

    private static final int MOST = 100;
    /** The time that the server needs to obey its timeout. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    private static final int LONGEST_VALUE = 301;
    private static final Set<String> REMARKS = Set.of("README", "README.md", "README.txt");
    private static final String NO_VERSION = "-";

    private static final String TIMED_OUT = "57014";
    private static final String RAISED = "P0001";
    /** A syntax error, a query that writes, and what no query may hold. */
    private static final Set<String> NO_CHECK = Set.of("42601", "25006", "0A000");
    /** No room, ended by an administrator, a failure of the system, no connection. */
    private static final Set<String> NO_ANSWER = Set.of("53", "57", "58", "08");

    private final ChecksProperties settings;
    private final Set<String> others = ConcurrentHashMap.newKeySet();

    OwnChecks(ChecksProperties settings) {
        this.settings = settings;
    }

    /** Names databases that no server here has, and that may have checks all the same: their dumps come from elsewhere. */
    public void alsoFor(Collection<String> databases) {
        others.addAll(databases);
    }

    /** Tells whether there is a folder for checks. */
    public boolean isOn() {
        return settings.isOn();
    }

    /** Tells whether there is a check for a database, or a file that was meant to be one. */
    public boolean areFor(String database) {
        return isOn() && (!Files.isDirectory(directory()) || !load(database).isEmpty());
    }

    /**
     * Lists what is wrong with the folder itself: what lies in it for none of these databases is never run. What is wrong with the file of
     * a check is a result of {@link #run}.
     *
     * @return sentences; empty if all is right
     */
    public List<String> misplaced(Collection<String> databases) {
        if (!isOn()) {
            return List.of();
        }
        Set<String> names = new TreeSet<>();
        databases.forEach(database -> names.addAll(foldersOf(database)));
        others.forEach(database -> names.addAll(foldersOf(database)));
        List<String> misplaced = new ArrayList<>();
        try {
            for (Path entry : entries(directory())) {
                String name = entry.getFileName().toString();
                if (!Files.isDirectory(entry)) {
                    misplaced.add("%s belongs to no database: move it into a folder with the name of its database"
                            .formatted(shown(entry)));
                } else if (!names.contains(name)) {
                    misplaced.add("There is no database for the checks in %s".formatted(shown(entry)));
                }
            }
        } catch (IOException e) {
            misplaced.add(unreadable(e));
        }
        return misplaced;
    }

    /** Lists the names of the checks of a database. */
    public List<String> names(String database) {
        return isOn() ? load(database).stream().map(Found::name).limit(MOST).toList() : List.of();
    }

    /** Lists why files of a database cannot be used as checks, each as a sentence. */
    public List<String> unusable(String database) {
        return isOn()
                ? load(database).stream()
                        .filter(found -> found.check == null)
                        .map(Found::invalid)
                        .toList()
                : List.of();
    }

    private String unreadable(IOException e) {
        return "%s (sidecar.backup.checks.directory) cannot be read: %s".formatted(directory(), e.getMessage());
    }

    /** The content of a file: a check, or the reason why it is none. */
    private record Found(String name, @Nullable Check check, String invalid) {}

    private List<Found> load(String database) {
        TreeMap<String, Found> found = new TreeMap<>();
        try {
            entries(directory());
            for (String folder : foldersOf(database)) {
                Path path = directory().resolve(folder);
                if (Files.isDirectory(path)) {
                    entries(path).forEach(file -> found.put(file.toString(), load(file)));
                }
            }
        } catch (IOException e) {
            return List.of(new Found("checks", null, unreadable(e)));
        }
        return List.copyOf(found.values());
    }

    private Found load(Path file) {
        String name = Check.nameOf(file);
        try {
            if (!file.getFileName().toString().endsWith(Check.ENDING)) {
                throw new InvalidCheck(shown(file), "the name of a check must end in .sql; rename or remove the file");
            }
            return new Found(name, Check.read(file, shown(file)), "");
        } catch (InvalidCheck e) {
            return new Found(name, null, e.getMessage());
        }
    }

    private Path directory() {
        return Path.of(settings.directory());
    }

    /** As the operator finds it. */
    private String shown(Path entry) {
        return HostileText.line(directory().relativize(entry).toString());
    }

    /** Hidden entries are no checks: version control, editors and mounts of Kubernetes leave some. */
    private static List<Path> entries(Path directory) throws IOException {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
            for (Path entry : all) {
                String name = entry.getFileName().toString();
                if (!name.startsWith(".") && !REMARKS.contains(name)) {
                    entries.add(entry);
                }
                if (entries.size() > MOST * 10) {
                    throw new IOException("it has more than %d entries".formatted(MOST * 10));
                }
            }
        }
        entries.sort(null);
        return entries;
    }

    /** The name as it is, unless it would lead elsewhere, and as the ids of backups have it. */
    private static Set<String> foldersOf(String database) {
        Set<String> folders = new LinkedHashSet<>(Set.of(BackupId.encode(database)));
        if (!database.contains("/") && !database.startsWith(".") && database.indexOf('\0') < 0) {
            folders.add(database);
        }
        return folders;
    }

    /**
     * Runs the checks of a database.
     *
     * @param sessions with the restored copy, one for each check
     * @param searchPath the schemas in which names without one are looked for, as SQL
     * @param takenAt when the backup was taken; ages are counted from then
     */
    public List<CheckResult> run(String database, Supplier<Session> sessions, String searchPath, Instant takenAt)
            throws InterruptedException {
        if (!isOn()) {
            return List.of();
        }
        List<Found> all = load(database);
        List<CheckResult> results = new ArrayList<>();
        if (all.size() > MOST) {
            results.add(invalid("checks", "%s has more than %d checks".formatted(database, MOST)));
            all = all.subList(0, MOST);
        }
        boolean deaf = false;
        for (Found found : all) {
            if (found.check == null) {
                results.add(invalid(found.name, found.invalid));
            } else if (deaf) {
                results.add(result(found.check, CheckOutcome.UNANSWERED, "the server stopped answering"));
            } else {
                Run run = new Run(found.check, searchPath, takenAt);
                results.add(run.run(sessions));
                deaf = run.abandoned;
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedException("while checks ran");
            }
        }
        return results;
    }

    private static CheckResult invalid(String name, String why) {
        return new CheckResult(name, NO_VERSION, CheckOutcome.INVALID, "-", why);
    }

    private static CheckResult result(Check check, CheckOutcome outcome, String found) {
        return new CheckResult(
                check.name(), check.version(), outcome, check.expectation().words(), found);
    }

    private final class Run {

        private final Check check;
        private final String searchPath;
        private final Instant takenAt;
        private final List<@Nullable String> values = new ArrayList<>();
        private int columns;
        private volatile boolean abandoned;

        Run(Check check, String searchPath, Instant takenAt) {
            this.check = check;
            this.searchPath = searchPath;
            this.takenAt = takenAt;
        }

        CheckResult run(Supplier<Session> sessions) {
            CountDownLatch answered = new CountDownLatch(1);
            try (Session session = sessions.get()) {
                watch(session, answered);
                session.together(() -> ask(session));
            } catch (SQLException e) {
                return failure(e);
            } catch (BackupFailure e) {
                return result(check, CheckOutcome.UNANSWERED, e.getMessage());
            } finally {
                answered.countDown();
            }
            return judge();
        }

        /** A server that a stranger took over need not obey a timeout. */
        private void watch(Session session, CountDownLatch answered) {
            Thread watch = new Thread(
                    () -> {
                        try {
                            long limit = settings.timeout()
                                    .multipliedBy(2)
                                    .plus(GRACE)
                                    .toMillis();
                            if (!answered.await(limit, TimeUnit.MILLISECONDS)) {
                                abandoned = true;
                                session.abort();
                            }
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    },
                    "check-limit");
            watch.setDaemon(true);
            watch.start();
        }

        /** Nothing of the restored database has a say in the functions around the operator's query. */
        private void ask(Session session) throws SQLException {
            session.execute("SET TRANSACTION READ ONLY");
            session.execute(
                    "SET LOCAL statement_timeout = " + settings.timeout().toMillis());
            session.texts("SELECT pg_catalog.set_config('sidecar.taken_at', %s, true)"
                    .formatted(Sql.literal(takenAt.toString())));
            // Sessions are not let at views otherwise, whose functions are the application's.
            session.texts("SELECT pg_catalog.set_config(name, 'foreign-table', true) FROM pg_catalog.pg_settings"
                    + " WHERE name = 'restrict_nonsystem_relation_kind'");
            session.execute("SET LOCAL search_path = " + searchPath);
            String query = "(\n" + check.query() + "\n) AS sidecar_check";
            columns = session.columns("SELECT * FROM " + query + " LIMIT 0");
            if (columns == 1) {
                values.addAll(session.texts("SELECT pg_catalog.left(%s, %d) FROM %s (sidecar_value) LIMIT 2"
                        .formatted(check.expectation().asText("sidecar_check.sidecar_value"), LONGEST_VALUE, query)));
            }
        }

        private CheckResult judge() {
            if (columns != 1) {
                return result(
                        check, CheckOutcome.INVALID, "it answers with %d columns; a check has one".formatted(columns));
            }
            if (values.size() != 1) {
                return result(check, CheckOutcome.FAILED, values.isEmpty() ? "no row" : "more than one row");
            }
            String value = values.get(0);
            if (value == null) {
                return result(check, CheckOutcome.FAILED, "NULL");
            }
            Expectation.Judgement judgement = check.expectation().judge(value, takenAt);
            return result(check, judgement.held() ? CheckOutcome.HELD : CheckOutcome.FAILED, judgement.found());
        }

        private CheckResult failure(SQLException e) {
            String state = String.valueOf(e.getSQLState());
            if (abandoned || state.equals(TIMED_OUT)) {
                return result(
                        check,
                        CheckOutcome.UNANSWERED,
                        "none within %s (sidecar.backup.checks.timeout)".formatted(Durations.of(settings.timeout())));
            }
            String message = state.equals(RAISED)
                    ? "code of the database raised an error"
                    : ServerErrors.withoutRows(String.valueOf(e.getMessage()));
            boolean unanswered = e.getSQLState() == null || NO_ANSWER.contains(state.substring(0, 2));
            return result(
                    check,
                    unanswered
                            ? CheckOutcome.UNANSWERED
                            : NO_CHECK.contains(state) ? CheckOutcome.INVALID : CheckOutcome.FAILED,
                    message);
        }
    }
}
