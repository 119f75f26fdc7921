package dev.sidecar.pitr;

import dev.sidecar.pitr.InstanceBeside.Stage;
import dev.sidecar.pitr.LiveCluster.Archiver;
import dev.sidecar.postgres.Child;
import dev.sidecar.postgres.InstalledPrograms.Client;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.postgres.ServerAddress;
import dev.sidecar.postgres.Session;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.text.HostileText;
import dev.sidecar.text.Sizes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Recovers to a moment for people: into an instance beside the live server, which they look at before they promote it, or over the data
 * directory of the stopped server.
 */
final class Recoveries {

    private static final Logger log = LoggerFactory.getLogger(Recoveries.class);
    private static final String NAME = "sidecar pitr";
    /** Tells a folder that this made from others: only such a one is ever removed. */
    private static final String OURS = "sidecar-instance";

    /** Written last: with it the files are complete, and have our settings. */
    private static final String CONFIGURED = "hba";

    private static final long POLL_MS = 200;
    private static final long STAY_POLL_MS = 2_000;
    private static final int LOG = 64 * 1024;
    /** Of a file that holds a number. */
    private static final int SHORT = 4_096;

    private static final String START_SECONDS = "43200";
    /** Hot standby needs these at least as large as the live server had them. */
    private static final Pattern LIMIT = Pattern.compile(
            "(max_connections|max_worker_processes|max_wal_senders|max_prepared_xacts|max_locks_per_xact) setting: +(\\d{1,6})\\b");

    /** The cluster's own settings are kept beside, for whoever makes it the live one: here they would archive into the live archive. */
    private static final String SETTINGS = """
            listen_addresses = '%1$s'
            port = %2$d
            unix_socket_directories = '%3$s/s'
            hba_file = '%3$s/hba'
            ident_file = '%3$s/ident'
            shared_preload_libraries = ''
            archive_mode = off
            restore_command = '%4$s'
            recovery_target_action = pause
            recovery_target_timeline = '%5$d'
            hot_standby = on
            max_logical_replication_workers = 0
            logging_collector = off
            ssl = off
            lc_messages = C
            timezone = UTC
            log_timezone = UTC
            """;
    /**
     * The socket's folder is this user's alone; others need the passwords that the live server had at the moment. By {@code md5} the server
     * asks for SCRAM where it has one, and takes the old form of roles whose password is older than that.
     */
    private static final String HBA = """
            local all all trust
            host all all all md5
            """;

    private final PgBackRest pgBackRest;
    private final Repository repository;
    private final LiveCluster live;
    private final Postgres postgres;
    private final PitrProperties settings;

    Recoveries(
            PgBackRest pgBackRest,
            Repository repository,
            LiveCluster live,
            Postgres postgres,
            PitrProperties settings) {
        this.pgBackRest = pgBackRest;
        this.repository = repository;
        this.live = live;
        this.postgres = postgres;
        this.settings = settings;
    }

    RecoveryPlan plan(RecoveryTarget target) throws InterruptedException {
        return plan(target, Optional.empty());
    }

    /** @param from label of the set to begin with; empty for the one with which it is the fastest */
    RecoveryPlan plan(RecoveryTarget target, Optional<String> from) throws InterruptedException {
        Chain chain = Chain.of(repository.read(), segmentBytes());
        if (from.isEmpty()) {
            return RecoveryPlan.of(target, chain);
        }
        Chain one = chain.without(set -> !set.label().equals(from.get()));
        if (one.contents().sets().isEmpty()) {
            throw new BackupFailure(
                    Reason.NOT_FOUND,
                    "There is no set '%s': 'sidecar pitr' lists them.".formatted(HostileText.line(from.get())));
        }
        return RecoveryPlan.of(target, one);
    }

    /** The live server may be what was lost. */
    private long segmentBytes() {
        try {
            return live.archiver().segmentBytes();
        } catch (BackupFailure e) {
            return Archiver.unknown().segmentBytes();
        }
    }

    private String superuser() {
        if (!settings.instance().superuser().isBlank()) {
            return settings.instance().superuser();
        }
        try {
            return live.superuser();
        } catch (BackupFailure e) {
            return "postgres";
        }
    }

    private Path folder() {
        if (settings.instance().directory().isBlank()) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED,
                    "There is no folder for a separate instance: set sidecar.pitr.instance.directory.");
        }
        return Path.of(settings.instance().directory()).toAbsolutePath();
    }

    private Path data() {
        return folder().resolve("data");
    }

    /** Recovers into an instance beside, which pauses there. @return what to do next */
    String beside(RecoveryPlan plan) throws InterruptedException {
        Path folder = folder();
        PhysicalSet set = plan.reach().set();
        Client client = postgres.programs().ofMajor(set.version());
        refuseSharedTablespaces(plan);
        try {
            prepare(folder, plan);
        } catch (IOException e) {
            throw new BackupFailure(Reason.SPACE, "Cannot write to %s: %s".formatted(folder, e), e);
        }
        boolean recovered = false;
        Optional<String> early = Optional.empty();
        try {
            restore(folder, plan);
            configure(folder, plan, client);
            awaitTarget(plan, client, start(client));
            early = tooEarly(plan);
            recovered = true;
        } catch (IOException e) {
            throw new BackupFailure(Reason.SPACE, "Cannot write to %s: %s".formatted(folder, e), e);
        } finally {
            if (!recovered) {
                removeQuietly();
            }
        }
        return "Recovered to %s; it listens on port %d and is read-only. Look at it with psql -h %s -p %d; then 'sidecar pitr promote', 'sidecar pitr dump' or 'sidecar pitr remove'."
                        .formatted(
                                plan.target().words(),
                                settings.instance().port(),
                                folder.resolve("s"),
                                settings.instance().port())
                + early.map(warning -> " " + warning).orElse("");
    }

    private Optional<String> tooEarly(RecoveryPlan plan) {
        Optional<Instant> stopped =
                plan.target().moment().isPresent() ? RecoveryLog.stoppedAt(endOfLog()) : Optional.empty();
        if (stopped.isEmpty()) {
            return Optional.empty();
        }
        try (Session session = address().connectToMaintenance(NAME)) {
            long position = Long.parseLong(session.text("SELECT (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint"));
            return plan.stoppedTooEarly(stopped.get(), position);
        } catch (SQLException e) {
            throw new BackupFailure(Reason.RESTORE, "The separate instance does not answer: " + e.getMessage(), e);
        }
    }

    private void prepare(Path folder, RecoveryPlan plan) throws IOException {
        Files.createDirectories(folder);
        try (Stream<Path> inside = Files.list(folder)) {
            if (inside.findAny().isPresent()) {
                throw new BackupFailure(
                        Reason.BUSY,
                        Files.exists(folder.resolve(OURS))
                                ? "There is a separate instance in %s already: remove it with 'sidecar pitr remove'."
                                        .formatted(folder)
                                : "%s is not empty and was not created for a separate instance: change sidecar.pitr.instance.directory."
                                        .formatted(folder));
            }
        }
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free < plan.bytes()) {
            throw new BackupFailure(
                    Reason.SPACE,
                    "%s has %d MB left, but the recovery needs about %d MB."
                            .formatted(folder, free >> 20, plan.bytes() >> 20));
        }
        requirePort();
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        Files.writeString(folder.resolve(OURS), plan.reach().set().version() + "\n");
        for (String name : List.of("s", "lock", "spaces", "data")) {
            Files.createDirectory(
                    folder.resolve(name),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    /**
     * Replay makes a tablespace in the place that the live server gave it, and writes its files there. Where that is on this machine,
     * they are the live server's.
     */
    private void refuseSharedTablespaces(RecoveryPlan plan) throws InterruptedException {
        for (Path place : youngTablespaces(plan)) {
            throw young(
                    place,
                    plan,
                    "A separate instance on this machine would write into it, over the files of the live server: take a set ('sidecar pitr backup') and recover to a moment after that, or recover on another machine.");
        }
    }

    /** It also leaves what it finds there, so that blocks of the future would follow those that it writes. */
    private void refuseFilesOfTheFuture(RecoveryPlan plan) throws InterruptedException {
        for (Path place : youngTablespaces(plan)) {
            String[] inside = place.toFile().list();
            if (inside != null && inside.length > 0) {
                throw young(
                        place,
                        plan,
                        "Move what is in it away first, or files of after the moment would mix with what is recovered. Nothing was changed.");
            }
        }
    }

    private static BackupFailure young(Path place, RecoveryPlan plan, String sentence) {
        return new BackupFailure(
                Reason.REFUSED,
                "The tablespace in %s was created after set %s was taken. %s"
                        .formatted(
                                HostileText.line(place.toString()),
                                plan.reach().set().label(),
                                sentence));
    }

    /** Where the live server on this machine has tablespaces that the set lacks, and that the recovery makes. */
    private List<Path> youngTablespaces(RecoveryPlan plan) throws InterruptedException {
        Optional<Path> spaces = pgBackRest
                .dataDirectory()
                .map(data -> data.resolve("pg_tblspc"))
                .filter(Files::isReadable);
        if (spaces.isEmpty()) {
            return List.of();
        }
        Set<Long> known = repository.tablespaces(plan.reach().set().label()).keySet();
        List<Path> young = new ArrayList<>();
        try (Stream<Path> links = Files.list(spaces.get())) {
            for (Path link : links.filter(Files::isSymbolicLink).toList()) {
                String number = link.getFileName().toString();
                if (known.stream().noneMatch(one -> Long.toString(one).equals(number)) && isMadeBefore(link, plan)) {
                    young.add(Files.readSymbolicLink(link));
                }
            }
            return young;
        } catch (IOException e) {
            throw new BackupFailure(Reason.PERMISSION, "Cannot look at the tablespaces of the server: " + e, e);
        }
    }

    /** A recovery in place makes the links anew, so that after one they tell nothing. */
    private static boolean isMadeBefore(Path link, RecoveryPlan plan) throws IOException {
        Instant made =
                Files.getLastModifiedTime(link, LinkOption.NOFOLLOW_LINKS).toInstant();
        return plan.chain().contents().lineage().newest() > 1
                || plan.target()
                        .moment()
                        .filter(moment -> moment.isBefore(made.minusSeconds(1)))
                        .isEmpty();
    }

    /** Before hours of restoring, not after them. */
    private void requirePort() {
        if (settings.instance().listen().isBlank()) {
            return;
        }
        for (String address : settings.instance().listen().split(",")) {
            try (ServerSocket tried = new ServerSocket()) {
                tried.bind(
                        address.strip().equals("*")
                                ? new InetSocketAddress(settings.instance().port())
                                : new InetSocketAddress(
                                        address.strip(), settings.instance().port()));
            } catch (BindException e) {
                throw new BackupFailure(
                        Reason.BUSY,
                        "The separate instance cannot listen on port %d of '%s' (%s): end what uses it, or change sidecar.pitr.instance.port."
                                .formatted(
                                        settings.instance().port(),
                                        HostileText.line(address.strip()),
                                        HostileText.line(String.valueOf(e.getMessage()))),
                        e);
            } catch (IOException e) {
                // An address that this program does not understand; the server says what is wrong with it.
                log.atDebug().log("not tried: {}", e.getMessage());
            }
        }
    }

    private void restore(Path folder, RecoveryPlan plan) throws InterruptedException {
        PhysicalSet set = plan.reach().set();
        List<String> options = new ArrayList<>(places(folder));
        options.add("--set=" + set.label());
        options.add("--type=none");
        for (long number : repository.tablespaces(set.label()).keySet()) {
            options.add("--tablespace-map=%d=%s".formatted(number, folder.resolve("spaces/" + number)));
        }
        restore(plan, options);
    }

    /** A set that cannot be restored is not the only way there. */
    private void restore(RecoveryPlan plan, List<String> options) throws InterruptedException {
        try {
            pgBackRest.run(settings.limit(), "restore", options);
        } catch (BackupFailure e) {
            Optional<PhysicalSet> older =
                    Set.of(Reason.STORAGE, Reason.DAMAGED, Reason.ENCRYPTION).contains(e.reason())
                            ? plan.older()
                            : Optional.empty();
            String cause = String.valueOf(e.getMessage());
            throw older.map(set -> new BackupFailure(
                            e.reason(),
                            "%s%s If set %s cannot be read, an older one leads there, too: add --set %s."
                                    .formatted(
                                            cause,
                                            cause.endsWith(".") ? "" : ".",
                                            plan.reach().set().label(),
                                            set.label()),
                            e))
                    .orElse(e);
        }
    }

    private static List<String> places(Path folder) {
        return List.of(
                "--reset-pg1-host", "--pg1-path=" + folder.resolve("data"), "--lock-path=" + folder.resolve("lock"));
    }

    private void configure(Path folder, RecoveryPlan plan, Client client) throws IOException, InterruptedException {
        Path data = folder.resolve("data");
        refuseLinks(data);
        for (String name : List.of("postgresql.conf", "pg_hba.conf", "pg_ident.conf", "postgresql.auto.conf")) {
            if (Files.exists(data.resolve(name))) {
                Files.move(data.resolve(name), folder.resolve(name + ".restored"));
            }
        }
        for (String name :
                List.of("recovery.signal", "standby.signal", "recovery.conf", "postmaster.pid", "tablespace_map")) {
            Files.deleteIfExists(data.resolve(name));
        }
        String fetch = "%s archive-get %%f \"%%p\""
                .formatted(
                        pgBackRest.commandLine(Stream.concat(places(folder).stream(), Stream.of("--no-archive-async"))
                                .toList()));
        if (fetch.contains("'") || fetch.contains("\\")) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED,
                    "The paths of sidecar.pitr must hold no quotes and no backslashes, as PostgreSQL's shell reads them.");
        }
        String configuration = SETTINGS.formatted(
                        settings.instance().listen(), settings.instance().port(), folder, fetch, plan.timeline())
                + limits(data, client)
                + plan.target().configuration();
        Files.writeString(data.resolve("postgresql.conf"), configuration);
        Files.writeString(data.resolve("postgresql.auto.conf"), "");
        Files.writeString(folder.resolve("ident"), "");
        // As a standby it stays read-only at the end of the archive; with a target it pauses there.
        boolean toTheEnd = plan.target().equals(RecoveryTarget.LATEST);
        Files.writeString(data.resolve(toTheEnd ? "standby.signal" : "recovery.signal"), "");
        Files.writeString(folder.resolve(CONFIGURED), HBA);
        own(folder);
    }

    /** A link in a data directory that a stranger could write to leads anywhere. */
    private static void refuseLinks(Path data) throws IOException {
        Path spaces = data.resolve("pg_tblspc");
        try (Stream<Path> links = Files.find(data, 20, (path, is) -> is.isSymbolicLink())) {
            links.filter(link -> !spaces.equals(link.getParent())).findFirst().ifPresent(link -> {
                throw new BackupFailure(
                        Reason.REFUSED,
                        "The set holds a link, which is not followed: " + HostileText.line(link.toString()));
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private String limits(Path data, Client client) throws InterruptedException {
        Matcher limit = LIMIT.matcher(
                Child.run(List.of(client.program("pg_controldata"), "-D", data.toString()), Reason.RESTORE));
        StringBuilder lines = new StringBuilder();
        while (limit.find()) {
            lines.append(limit.group(1).replace("xacts", "transactions").replace("xact", "transaction"))
                    .append(" = ")
                    .append(limit.group(2))
                    .append('\n');
        }
        return lines.toString();
    }

    private void own(Path folder) throws InterruptedException {
        Optional<String> user = postgres.serversUser();
        if (user.isPresent()) {
            Child.run(List.of("chown", "-hR", user.get() + ":", folder.toString()), Reason.PERMISSION);
        }
    }

    /** @return the options that it was started with */
    private String start(Client client) throws InterruptedException {
        String raised = raisedLimits();
        try {
            server(
                    client,
                    "start",
                    "--wait",
                    "--silent",
                    "--timeout=" + START_SECONDS,
                    "--log=" + folder().resolve("log"),
                    "--options=" + raised);
            return raised;
        } catch (BackupFailure e) {
            if (!raisedLimits().equals(raised)) {
                return start(client);
            }
            throw new BackupFailure(Reason.RESTORE, RecoveryLog.explained(endOfLog(), e.getMessage()), e);
        }
    }

    /** Limits that the live server raised after the set was taken: without them recovery stops there, or pauses as if it had arrived. */
    private String raisedLimits() {
        return RecoveryLog.lowLimits(endOfLog()).entrySet().stream()
                .map(limit -> "-c %s=%d".formatted(limit.getKey(), limit.getValue()))
                .collect(Collectors.joining(" "));
    }

    private void server(Client client, String what, String... options) throws InterruptedException {
        List<String> command = new ArrayList<>(postgres.asServersUser());
        command.addAll(List.of(client.program("pg_ctl"), what, "-D", data().toString()));
        command.addAll(List.of(options));
        Child.run(command, Reason.RESTORE);
    }

    private String endOfLog() {
        try {
            return HostileText.forTerminal(end(folder().resolve("log"), LOG));
        } catch (IOException e) {
            return "";
        }
    }

    /** The instance beside runs what its databases hold, which could put a link or a pipe in the place of a file of its folder. */
    private static String end(Path file, int most) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new NoSuchFileException(file.toString());
        }
        // For writing, too: it may be a pipe by now, and opening that to read it alone waits for a writer.
        try (FileChannel in =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(most, in.size()));
            in.position(in.size() - bytes.capacity());
            while (bytes.hasRemaining() && in.read(bytes) >= 0) {}
            return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
        }
    }

    private void awaitTarget(RecoveryPlan plan, Client client, String options) throws InterruptedException {
        String started = options;
        String reached = plan.target().equals(RecoveryTarget.LATEST)
                // All that was archived when the plan was made, and it waits for more.
                ? ("SELECT pg_last_wal_replay_lsn() >= '%s'::pg_lsn AND EXISTS (SELECT FROM pg_stat_activity"
                                + " WHERE backend_type = 'startup' AND wait_event = 'RecoveryRetrieveRetryInterval')")
                        .formatted(RecoveryTarget.written(plan.lastBegins()))
                : "SELECT pg_get_wal_replay_pause_state() = 'paused'";
        long until = System.nanoTime() + settings.limit().toNanos();
        while (true) {
            try (Session session = address().connectToMaintenance(NAME)) {
                boolean paused =
                        session.text("SELECT pg_get_wal_replay_pause_state()").equals("paused");
                if (paused && !raisedLimits().equals(started)) {
                    server(client, "stop", "--mode=fast", "--wait", "--silent");
                    started = start(client);
                } else if (session.text(reached).equals("t")) {
                    return;
                }
            } catch (SQLException | BackupFailure e) {
                requireRole(e);
                if (!isRunning()) {
                    throw new BackupFailure(
                            Reason.RESTORE, RecoveryLog.explained(endOfLog(), String.valueOf(e.getMessage())), e);
                }
            }
            if (System.nanoTime() > until) {
                throw new BackupFailure(Reason.RESTORE, "The recovery did not reach its end in time.");
            }
            Thread.sleep(POLL_MS);
        }
    }

    /** Nothing else lets a role of that time in but its name, so that waiting for it would not end. */
    private void requireRole(Exception failure) {
        String said = String.valueOf(failure.getMessage());
        if (said.contains("role \"" + superuser() + "\" does not exist")) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED,
                    "The recovered cluster has no role '%s': set sidecar.pitr.instance.superuser to the name that its superuser had at that time."
                            .formatted(superuser()),
                    failure);
        }
    }

    private ServerAddress address() {
        return new ServerAddress(
                folder().resolve("s").toString(), settings.instance().port(), superuser(), null, "disable", "postgres");
    }

    /** By asking, as a server that was killed leaves its file behind. */
    private boolean isRunning() throws InterruptedException {
        try {
            server(client(), "status");
            return true;
        } catch (BackupFailure e) {
            return false;
        }
    }

    private Client client() throws InterruptedException {
        Path ours = folder().resolve(OURS);
        try {
            if (!Files.exists(ours)) {
                throw new BackupFailure(
                        Reason.NOT_FOUND,
                        "There is no separate instance: create one with 'sidecar restore --to-time'.");
            }
            return postgres.programs().ofMajor(Integer.parseInt(end(ours, SHORT).strip()));
        } catch (IOException e) {
            throw new BackupFailure(Reason.NOT_FOUND, "Cannot read the separate instance: " + e, e);
        } catch (NumberFormatException e) {
            throw new BackupFailure(Reason.NOT_FOUND, ours + " has no version in it.", e);
        }
    }

    /** Determines the state of the instance from its files and whether their process lives. */
    Stage stage() {
        Path folder = folder();
        Path data = data();
        if (!Files.exists(folder.resolve(OURS))) {
            return Stage.NONE;
        }
        if (!lives(data.resolve("postmaster.pid"))) {
            return Stage.STOPPED;
        }
        return Files.exists(data.resolve("recovery.signal")) || Files.exists(data.resolve("standby.signal"))
                ? Stage.READ_ONLY
                : Stage.PROMOTED;
    }

    /** A server that was killed leaves its file behind. */
    private static boolean lives(Path pidFile) {
        try {
            return end(pidFile, SHORT)
                    .lines()
                    .findFirst()
                    .map(pid -> Long.parseLong(pid.strip()))
                    .flatMap(ProcessHandle::of)
                    .isPresent();
        } catch (IOException | NumberFormatException e) {
            return false;
        }
    }

    /** Lets the instance beside be written to; one that is already stays so. */
    void promote() throws InterruptedException {
        Client client = whole();
        if (!isRunning()) {
            throw new BackupFailure(
                    Reason.NOT_FOUND, "The separate instance is stopped: start it first with 'sidecar pitr start'.");
        }
        if (stage() != Stage.PROMOTED) {
            server(client, "promote", "--wait", "--silent", "--timeout=" + START_SECONDS);
        }
    }

    /** Starts one that was stopped. */
    void startAgain() throws InterruptedException {
        Client client = whole();
        if (!isRunning()) {
            start(client);
        }
    }

    /** What was killed while it restored leaves files that are no cluster, or one with the live server's own settings. */
    private Client whole() throws InterruptedException {
        Client client = client();
        if (!Files.exists(folder().resolve(CONFIGURED))) {
            throw new BackupFailure(
                    Reason.NOT_FOUND,
                    "The recovery into %s was interrupted before it was complete: remove it with 'sidecar pitr remove', and recover again."
                            .formatted(folder()));
        }
        return client;
    }

    /** Stops it; its files stay. */
    void stop() throws InterruptedException {
        Client client = client();
        if (isRunning()) {
            server(client, "stop", "--mode=fast", "--wait", "--silent");
        }
    }

    /** Stops it and removes its files. */
    void remove() throws InterruptedException {
        stop();
        try (Stream<Path> inside = Files.list(folder())) {
            // The mark goes last: what is left can then be removed by another try. A program that the instance left
            // behind may put links in the way meanwhile; rm follows none.
            List<String> all = new ArrayList<>(inside.map(Path::toString).toList());
            String mark = folder().resolve(OURS).toString();
            all.remove(mark);
            delete(all);
            delete(List.of(mark));
        } catch (IOException e) {
            throw new BackupFailure(Reason.STORAGE, "Cannot remove the separate instance: " + e, e);
        }
    }

    private static void delete(List<String> files) throws InterruptedException {
        List<String> command = new ArrayList<>(List.of("rm", "-rf", "--"));
        command.addAll(files);
        Child.run(command, Reason.STORAGE);
    }

    /** The files of a failed recovery must not pass for a recovery. */
    private void removeQuietly() {
        boolean interrupted = Thread.interrupted();
        try {
            remove();
        } catch (BackupFailure e) {
            log.atWarn().log("an unfinished separate instance was not removed: {}", e.getMessage());
        } catch (InterruptedException e) {
            interrupted = true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Stays as long as the instance beside runs, and stops it when interrupted. */
    void stay() throws InterruptedException {
        try {
            while (isRunning()) {
                Thread.sleep(STAY_POLL_MS);
            }
        } catch (InterruptedException e) {
            stop();
            throw e;
        }
    }

    /** Writes one database, or one table of it, out of the instance beside. */
    void dump(String database, Optional<String> table, Path file) throws InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                whole().program("pg_dump"),
                "--format=custom",
                "--no-password",
                "--file=" + file.toAbsolutePath(),
                // Deaf to the database's own settings, which may name a library that is not here.
                "--dbname=" + address().connectionString(database, NAME)));
        table.ifPresent(name -> command.add("--table=" + name));
        Child.run(command, Reason.DUMP);
    }

    /** Recovers over the data directory of the stopped server. @return what to do next */
    String inPlace(RecoveryPlan plan) throws InterruptedException {
        List<String> options = new ArrayList<>(List.of(
                "--reset-pg1-host",
                "--delta",
                "--set=" + plan.reach().set().label(),
                "--target-timeline=" + plan.timeline(),
                "--target-action=promote"));
        plan.target()
                .moment()
                .ifPresent(moment -> options.addAll(
                        List.of("--type=time", "--target=" + plan.target().words())));
        plan.target()
                .lsn()
                .ifPresent(lsn -> options.addAll(List.of("--type=lsn", "--target=" + RecoveryTarget.written(lsn))));
        if (plan.target().equals(RecoveryTarget.LATEST)) {
            options.remove("--target-action=promote");
            options.add("--type=default");
        }
        refuseFilesOfTheFuture(plan);
        roomInPlace(plan);
        restore(plan, options);
        return "The files are there. Start PostgreSQL: it replays the WAL to %s and is then the live server again. Take a full set at once: 'sidecar pitr backup full'."
                .formatted(plan.target().words());
    }

    /**
     * Says how much room a recovery in place needs.
     *
     * @throws BackupFailure if there is less: nothing was touched then, and a recovery that ran out of it would leave no server at all
     */
    String roomInPlace(RecoveryPlan plan) throws InterruptedException {
        Optional<Path> data = pgBackRest.dataDirectory();
        if (data.isEmpty()) {
            return "needs about " + Sizes.of(plan.bytes());
        }
        List<Path> places = new ArrayList<>(
                repository.tablespaces(plan.reach().set().label()).values());
        places.add(data.get());
        places.add(data.get().resolve("pg_wal"));
        long replaced = 0;
        Map<Object, Long> free = new HashMap<>();
        try {
            for (Path place : places) {
                Path there = place;
                while (!Files.exists(there)) {
                    there = Objects.requireNonNull(there.getParent());
                }
                free.put(Files.getAttribute(there, "unix:dev"), there.toFile().getUsableSpace());
            }
            // pg_wal and the tablespaces may be links to other disks, or missing, as the set is to bring them.
            for (Path place : new TreeSet<>(places)) {
                replaced += place.startsWith(data.get()) && !place.equals(data.get()) && !Files.isSymbolicLink(place)
                        ? 0
                        : size(place);
            }
        } catch (IOException | UncheckedIOException e) {
            // What cannot be looked at may be replaced all the same.
            return "needs about %s; how much room there is cannot be read: %s"
                    .formatted(Sizes.of(plan.bytes()), HostileText.line(String.valueOf(e.getMessage())));
        }
        long room = replaced + free.values().stream().mapToLong(Long::longValue).sum();
        String sentence = "needs about %s; %s holds %s, which is replaced, and %s is free"
                .formatted(Sizes.of(plan.bytes()), data.get(), Sizes.of(replaced), Sizes.of(room - replaced));
        if (room < plan.bytes()) {
            throw new BackupFailure(
                    Reason.SPACE, "The recovery %s: make room first. Nothing was changed.".formatted(sentence));
        }
        return sentence;
    }

    /** Of what lies there, without what its links lead to. */
    private static long size(Path place) throws IOException {
        if (!Files.exists(place)) {
            return 0;
        }
        try (Stream<Path> inside = Files.walk(Files.isSymbolicLink(place) ? place.toRealPath() : place)) {
            return inside.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }
}
