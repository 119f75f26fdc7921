package dev.sidecar.postgres;

import dev.sidecar.postgres.InstalledPrograms.Client;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.text.Limited;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A scratch PostgreSQL server in which restores are proven, so that the live server is never touched. Whatever a stranger wrote runs here
 * and may have taken it over, so it lives in a {@link Cell}, and what comes out of it is read as from a stranger. It does not protect
 * its data against a crash, and is removed when closed. Open it in the thread that uses it: its sandbox ends with that.
 */
public final class ScratchServer implements Workbench, AutoCloseable {

    private static final int PORT = 5432;
    /** A name that no role of a dump has: all of those are created. */
    private static final String SUPERUSER = "sidecar_scratch";
    /** The operating system's limit for a socket's path, less the socket's name. */
    private static final int LONGEST_SOCKET_DIRECTORY = 90;

    /** The exit code of pg_amcheck for corruption; 1 is an error of its own. */
    private static final int FOUND_CORRUPTION = 2;

    private static final int LONGEST_FINDING = 64 * 1024;
    private static final int START_SECONDS = 120;
    private static final long POLL_MS = 20;

    /** The write-ahead log is never read again: its files need no zeros, and none is kept. */
    private static final String SETTINGS = """
            listen_addresses = ''
            unix_socket_directories = '%s'
            port = 5432
            fsync = off
            synchronous_commit = off
            full_page_writes = off
            wal_level = minimal
            max_wal_senders = 0
            wal_init_zero = off
            wal_recycle = off
            wal_buffers = 32MB
            max_wal_size = 4GB
            checkpoint_timeout = 1h
            autovacuum = off
            bgwriter_lru_maxpages = 0
            jit = off
            shared_buffers = 128MB
            maintenance_work_mem = 128MB
            max_locks_per_transaction = 1024
            logging_collector = off
            shared_preload_libraries = '%s'
            """;

    private static final String LISTEN = """
            listen_addresses = ''
            unix_socket_directories = '%1$s'
            port = 5432
            hba_file = '%2$s/hba'
            ident_file = '%2$s/ident'
            logging_collector = off
            """;
    /** Extensions that cannot be created unless the server was started with their library. */
    private static final Set<String> PRELOADED = Set.of("pgaudit");

    /** Runs the server until the other end of its input closes, which is also what happens when this process is killed. */
    private static final String RUN =
            "exec 3<&0; (cat <&3 >/dev/null; kill -QUIT $$) & log=$1; shift; exec \"$@\" </dev/null >\"$log\" 2>&1 3<&-";

    private final Cell cell;
    private final Client client;
    private final String superuser;
    private final AtomicInteger files = new AtomicInteger();
    private final CountDownLatch closed = new CountDownLatch(1);
    private @Nullable Child server;
    private volatile boolean expired;

    private ScratchServer(Cell cell, Client client, String superuser) {
        this.cell = cell;
        this.client = client;
        this.superuser = superuser;
    }

    /**
     * @param neededBytes for what is to be restored
     * @param extensions that the restored database uses
     */
    static ScratchServer start(
            PostgresProperties.Scratch settings, Client client, long neededBytes, Collection<String> extensions)
            throws InterruptedException {
        ScratchServer server = withoutCluster(settings, client, neededBytes, SUPERUSER);
        try {
            server.begin(extensions);
            return server;
        } catch (InterruptedException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** A cell for the files of a cluster that exists already; {@link #serve} runs a server over them. @param superuser of that cluster */
    static ScratchServer withoutCluster(
            PostgresProperties.Scratch settings, Client client, long neededBytes, String superuser)
            throws InterruptedException {
        if (!client.hasServer()) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED,
                    "Cannot prove a restore: %s has only the client programs. Install postgresql-%d on the sidecar's machine."
                            .formatted(client.bin(), client.major()));
        }
        Cell cell = settings.prover().isBlank()
                ? LocalCell.create(settings, client, neededBytes)
                : RemoteCell.lease(Path.of(settings.prover()), settings.proverWait(), neededBytes);
        return new ScratchServer(cell, client, superuser);
    }

    /** A directory in the cell that its programs may write to, as they see it; the cluster's files are in {@code data} there. */
    public Path work() {
        return cell.work();
    }

    /**
     * Runs a server over the files in {@code data} with a configuration that is ours alone, and waits until it has recovered.
     *
     * @param configuration its lines; where it listens is added
     * @param limit for the recovery
     * @throws BackupFailure with the end of its log
     */
    public void serve(String configuration, Duration limit) throws InterruptedException {
        checkSockets();
        try {
            copy(
                    cell.work().resolve("conf"),
                    out -> print(out, configuration + LISTEN.formatted(cell.sockets(), cell.work())));
            copy(cell.work().resolve("hba"), out -> print(out, "local all all trust\n"));
            copy(cell.work().resolve("ident"), out -> print(out, "\n"));
        } catch (IOException e) {
            throw new BackupFailure(Reason.SPACE, "Cannot set up the scratch server: " + e.getMessage(), e);
        }
        server = start(List.of(
                "sh",
                "-c",
                RUN,
                "server",
                log().toString(),
                client.program("postgres"),
                "-D",
                data().toString(),
                "-c",
                "config_file=" + cell.work().resolve("conf")));
        awaitReady(server, limit);
    }

    /** The log of the server so far, at most this much of its end: its words may be a stranger's. */
    public String log(int most) throws InterruptedException {
        try (Child tail = start(List.of("tail", "-c", Integer.toString(most), log().toString()))) {
            return tail.finish(Reason.RESTORE);
        }
    }

    private void checkSockets() {
        if (cell.socketsFromOutside().toString().length() > LONGEST_SOCKET_DIRECTORY) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED,
                    "sidecar.backup.scratch.directory is '%s', too long for a socket's path; it must be shorter than 60 characters."
                            .formatted(
                                    cell.socketsFromOutside().resolve("../..").normalize()));
        }
    }

    private void begin(Collection<String> extensions) throws InterruptedException {
        checkSockets();
        start(List.of(
                        client.program("initdb"),
                        "--pgdata=" + data(),
                        "--username=" + SUPERUSER,
                        "--auth=trust",
                        "--encoding=UTF8",
                        "--no-locale",
                        "--no-sync",
                        "--no-instructions"))
                .finish(Reason.RESTORE);
        String preloaded = extensions.stream()
                .filter(PRELOADED::contains)
                .filter(client::hasLibrary)
                .collect(Collectors.joining(","));
        String settings = SETTINGS.formatted(cell.sockets(), preloaded);
        try {
            copy(data().resolve("postgresql.conf"), out -> print(out, settings));
        } catch (IOException e) {
            throw new BackupFailure(Reason.SPACE, "Cannot set up the scratch server: " + e.getMessage(), e);
        }
        server = start(List.of(
                "sh", "-c", RUN, "server", log().toString(), client.program("postgres"), "-D", data().toString()));
        awaitReady(server, Duration.ofSeconds(START_SECONDS));
    }

    private static void print(OutputStream out, String text) {
        try {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new BackupFailure(Reason.SPACE, "Cannot set up the scratch server: " + e.getMessage(), e);
        }
    }

    private void awaitReady(Child running, Duration limit) throws InterruptedException {
        long until = System.nanoTime() + limit.toNanos();
        while (true) {
            try {
                address().connect("postgres", "sidecar verify").close();
                return;
            } catch (BackupFailure | SQLException e) {
                if (!running.isAlive() || System.nanoTime() > until) {
                    throw new BackupFailure(
                            Reason.RESTORE, "The scratch server did not start: %s".formatted(lastOfLog()), e);
                }
                Thread.sleep(POLL_MS);
            }
        }
    }

    private String lastOfLog() throws InterruptedException {
        try (Child tail = start(List.of("tail", "-c", "2000", log().toString()))) {
            return tail.finish(Reason.RESTORE).strip();
        } catch (BackupFailure e) {
            return e.getMessage();
        }
    }

    /** Where this process reaches it. */
    public ServerAddress address() {
        return ServerAddress.ofScratchServer(cell.socketsFromOutside().toString(), PORT, superuser);
    }

    /** The database argument of client programs that run in its cell. */
    public String connectionString(String database) {
        return ServerAddress.ofScratchServer(cell.sockets().toString(), PORT, superuser)
                .connectionString(database, "sidecar verify");
    }

    /** The same for pg_restore, where extensions find each other. */
    public String connectionStringForExtensions(String database) {
        return ServerAddress.ofScratchServer(cell.sockets().toString(), PORT, superuser)
                .connectionStringForExtensions(database, "sidecar verify");
    }

    /** The same for a script of others, which counts on the settings that a new database has. */
    public String connectionStringForScripts(String database) {
        return ServerAddress.ofScratchServer(cell.sockets().toString(), PORT, superuser)
                .hearing(database, "sidecar verify");
    }

    /**
     * Ends all that runs in its cell after some time, and interrupts this thread: what a stranger wrote may never end by itself.
     *
     * @param limit from now
     */
    public void endAfter(Duration limit) {
        Thread user = Thread.currentThread();
        Thread watch = new Thread(
                () -> {
                    try {
                        if (!closed.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                            expired = true;
                            // First, so that the interrupt does not reach what the user does after it has noticed the
                            // end.
                            user.interrupt();
                            stop();
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "proof-limit");
        watch.setDaemon(true);
        watch.start();
    }

    /** Tells whether its time was over before it was closed. */
    public boolean isExpired() {
        return expired;
    }

    /**
     * Fails if the place where it runs has gone away, unless its time was over: whatever failed there then says nothing of what was being
     * proven.
     *
     * @throws BackupFailure with NOT_CONFIGURED
     */
    public void requirePlace() throws InterruptedException {
        if (expired) {
            return;
        }
        try (Child there = start(List.of("true"))) {
            there.finish(Reason.NOT_CONFIGURED);
        } catch (BackupFailure e) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED,
                    "It could not be verified: the prover stopped or was restarted; try again.",
                    e);
        }
    }

    /** A sentence on what keeps it apart. */
    public String isolation() {
        return cell.description();
    }

    /** Tells whether tables and indexes can be checked here. */
    public boolean hasAmcheck() {
        if (!client.has("pg_amcheck")) {
            return false;
        }
        try (Session session = address().connect("postgres", "sidecar verify")) {
            return !session.texts("SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'")
                    .isEmpty();
        } catch (SQLException e) {
            throw new BackupFailure(Reason.RESTORE, "Cannot query the scratch server: " + e.getMessage(), e);
        }
    }

    /**
     * Checks every table and B-tree of a database, which finds a broken sort order.
     *
     * @param connection its connection string
     * @return what is wrong; empty if nothing is
     * @throws BackupFailure if they could not be checked
     */
    public Optional<String> corruption(String connection, int jobs, boolean heapAllIndexed)
            throws InterruptedException {
        List<String> command = new ArrayList<>(
                List.of(client.program("pg_amcheck"), "--install-missing", "--jobs=" + jobs, connection));
        if (heapAllIndexed) {
            command.add("--heapallindexed");
        }
        try (Child amcheck = start(command)) {
            amcheck.input().close();
            String found = Limited.beginning(amcheck.output(), LONGEST_FINDING).strip();
            return switch (amcheck.waitFor()) {
                case 0 -> Optional.empty();
                case FOUND_CORRUPTION -> Optional.of(found);
                default -> throw amcheck.failure(Reason.UNPROVEN, "could not check the indexes");
            };
        } catch (IOException e) {
            throw new BackupFailure(Reason.UNPROVEN, "pg_amcheck failed: " + e, e);
        }
    }

    /** Starts a program in its cell. */
    public Child start(List<String> command) {
        return startPipe(List.of(command)).get(0);
    }

    @Override
    public List<Child> startPipe(List<List<String>> commands, Consumer<String> errors) {
        return cell.startPipe(commands, errors);
    }

    @Override
    public Path write(String name, Consumer<OutputStream> content) throws IOException, InterruptedException {
        Path file = cell.work().resolve(name + "-" + files.incrementAndGet());
        copy(file, content);
        return file;
    }

    /** A program in the cell writes it: a path that a stranger could have changed is none for this process. */
    private void copy(Path file, Consumer<OutputStream> content) throws IOException, InterruptedException {
        try (Child cat = start(List.of("sh", "-c", "exec cat >>\"$1\"", "cat", file.toString()))) {
            try (OutputStream out = new BufferedOutputStream(new SpaceOrFailure(cat.input()), 1 << 16)) {
                content.accept(out);
            } catch (BackupFailure e) {
                if (e.reason() == Reason.SPACE && !cat.isAlive()) {
                    cat.expectSuccess(Reason.SPACE);
                }
                throw e;
            }
            cat.finish(Reason.SPACE);
        }
    }

    @Override
    public void delete(Path file) {
        try (Child rm = start(List.of("rm", "-f", file.toString()))) {
            rm.finish(Reason.SPACE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (BackupFailure e) {
            // It goes with the cell.
        }
    }

    private Path data() {
        return cell.work().resolve("data");
    }

    private Path log() {
        return cell.work().resolve("log");
    }

    @Override
    public void close() {
        closed.countDown();
        boolean interrupted = Thread.interrupted();
        stop();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void stop() {
        try {
            if (server != null) {
                server.input().close();
                server.endOrStop();
            }
        } catch (IOException e) {
            // It has ended already.
        } finally {
            cell.close();
        }
    }
}
