package dev.sidecar.postgres;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;

/** The attack that a restored database could make, after things that are planted for it: what it gets, a stranger would get. */
public final class PlantedAttack {

    private static final Path SELF = Path.of("/proc/self/cmdline");
    private static final int COMPARED = 200;
    private static final int MOST_ADDRESSES = 4;
    private static final int BACKLOG = 2 + MOST_ADDRESSES;

    /** Prints a line for each thing that it reached. It runs as the scratch server's superuser could make it run. */
    private static final String PROGRAM = """
            bash -c "echo ran; cat %s; (exec 3<>/dev/tcp/127.0.0.1/%d) && echo port; \
            for a in %s; do timeout 3 bash -c 'exec 3<>/dev/tcp/'\\$a'/%d' && echo neighbour; done; \
            head -c 1 /proc/%d/environ >/dev/null && head -c %d /proc/%d/cmdline | base64 -w 0 && echo; \
            for s in %s; do test -S \\$s && echo socket \\$s; done; true" 2>/dev/null""";

    private final ScratchServer server;

    PlantedAttack(ScratchServer server) {
        this.server = server;
    }

    /**
     * Tells what came of it.
     *
     * @param reached each in words; empty is what is wanted
     * @param isolation how the scratch server is kept apart
     */
    public record Result(List<String> reached, String isolation) {

        /** Copies. */
        public Result {
            reached = List.copyOf(reached);
        }
    }

    Result run(ServerAddress live) {
        String secret = UUID.randomUUID().toString();
        Path planted = null;
        try (ServerSocket port = new ServerSocket(0, BACKLOG);
                Session session = server.address().connect("postgres", "sidecar [DRILL]")) {
            planted = Files.createTempFile("sidecar-planted", "");
            Files.writeString(planted, secret + "\n");
            Files.setPosixFilePermissions(planted, PosixFilePermissions.fromString("rw-r--r--"));
            long pid = ProcessHandle.current().pid();
            String program = PROGRAM.formatted(
                    planted,
                    port.getLocalPort(),
                    String.join(" ", addresses()),
                    port.getLocalPort(),
                    pid,
                    COMPARED,
                    pid,
                    String.join(" ", sockets(live)));
            session.execute("CREATE TEMPORARY TABLE loot (line text)");
            session.execute("COPY loot FROM PROGRAM $program$" + program + "$program$");
            List<String> loot = session.texts("SELECT pg_catalog.left(line, 400) FROM loot LIMIT 100");
            if (!loot.contains("ran")) {
                throw new BackupFailure(Reason.RESTORE, "The planted attack did not run, so nothing is known.");
            }
            List<String> reached = new ArrayList<>();
            if (loot.contains(secret)) {
                reached.add("a file of the sidecar");
            }
            if (loot.contains("port")) {
                reached.add("a port of the loopback address");
            }
            if (loot.contains("neighbour")) {
                reached.add("a port of the sidecar over the network");
            }
            if (loot.contains(ourselves())) {
                reached.add("the environment of the sidecar");
            }
            if (loot.stream().anyMatch(line -> line.startsWith("socket "))) {
                reached.add("the socket of a PostgreSQL server");
            }
            return new Result(reached, server.isolation());
        } catch (IOException | SQLException e) {
            throw new BackupFailure(Reason.RESTORE, "The planted attack could not be run: " + e.getMessage(), e);
        } finally {
            delete(planted);
        }
    }

    /** How others reach the sidecar: where the prover is a pod of its own, a policy denies it that, and only a look tells. */
    private static List<String> addresses() throws IOException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .map(InetAddress::getHostAddress)
                .limit(MOST_ADDRESSES)
                .toList();
    }

    private static List<String> sockets(ServerAddress live) {
        List<String> sockets = new ArrayList<>(List.of("/run/postgresql/.s.PGSQL.5432", "/var/run/docker.sock"));
        if (live.isSocket() && live.host().matches("[\\w./-]+")) {
            sockets.add(live.host() + "/.s.PGSQL." + live.port());
        }
        return sockets;
    }

    /** The numbers of processes are others in a namespace of its own; the command line tells whether it is this one. */
    private static String ourselves() throws IOException {
        try (InputStream in = Files.newInputStream(SELF)) {
            return Base64.getEncoder().encodeToString(in.readNBytes(COMPARED));
        }
    }

    private static void delete(@org.jspecify.annotations.Nullable Path planted) {
        try {
            if (planted != null) {
                Files.deleteIfExists(planted);
            }
        } catch (IOException e) {
            planted.toFile().deleteOnExit();
        }
    }
}
