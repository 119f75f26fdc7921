package dev.sidecar.postgres;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A cell in the prover, a service of its own, for as long as one connection to it is held. */
final class RemoteCell implements Cell {

    private static final long POLL_MS = 250;

    private final Path socket;
    private final SocketChannel lease;
    private final ProverProtocol.Leased leased;
    private final Set<RemotePipe> running = ConcurrentHashMap.newKeySet();

    private RemoteCell(Path socket, SocketChannel lease, ProverProtocol.Leased leased) {
        this.socket = socket;
        this.lease = lease;
        this.leased = leased;
    }

    /** Takes the prover for one proof. After the proof before it begins anew, which takes a second or two. */
    static RemoteCell lease(Path socket, Duration wait, long neededBytes) throws InterruptedException {
        long until = System.nanoTime() + wait.toNanos();
        while (true) {
            try {
                return tryLease(socket, until, neededBytes);
            } catch (IOException e) {
                if (System.nanoTime() > until) {
                    throw new BackupFailure(
                            Reason.NOT_CONFIGURED,
                            "It could not be verified: the prover is not running, or was busy with another backup for %d s (%s: %s). Start it, or check its log."
                                    .formatted(wait.toSeconds(), socket, String.valueOf(e.getMessage())),
                            e);
                }
                Thread.sleep(POLL_MS);
            }
        }
    }

    private static RemoteCell tryLease(Path socket, long until, long neededBytes) throws IOException {
        SocketChannel lease = connect(socket);
        // It may take the connection and then say nothing.
        CompletableFuture<Void> tooLate = CompletableFuture.runAsync(
                () -> hangUp(lease),
                CompletableFuture.delayedExecutor(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS));
        try {
            DataOutputStream out = ProverProtocol.output(lease);
            out.writeByte(ProverProtocol.LEASE);
            out.flush();
            DataInputStream in = ProverProtocol.input(lease);
            ProverProtocol.Leased leased = ProverProtocol.Leased.read(in);
            if (leased.freeBytes() < neededBytes) {
                throw new BackupFailure(
                        Reason.SPACE,
                        "The prover has %d MB left, but the restore needs about %d MB. Make room on the volume of its scratch files."
                                .formatted(leased.freeBytes() >> 20, neededBytes >> 20));
            }
            return new RemoteCell(socket, lease, leased);
        } catch (IOException | RuntimeException e) {
            lease.close();
            throw e;
        } finally {
            tooLate.cancel(false);
        }
    }

    private static void hangUp(SocketChannel connection) {
        try {
            connection.close();
        } catch (IOException e) {
            // It is gone, which is what was wanted.
        }
    }

    /** A link that the prover could have put in place of its socket is not followed. */
    static SocketChannel connect(Path socket) throws IOException {
        if (Files.isSymbolicLink(socket)) {
            throw new IOException("the socket is a link to elsewhere");
        }
        return SocketChannel.open(UnixDomainSocketAddress.of(socket));
    }

    @Override
    public List<Child> startPipe(List<List<String>> commands, Consumer<String> errors) {
        try {
            SocketChannel connection = connect(socket);
            RemotePipe pipe = new RemotePipe(connection, commands.size());
            running.add(pipe);
            pipe.begin(leased.token(), commands, () -> running.remove(pipe));
            List<Child> children = new ArrayList<>();
            for (int i = 0; i < commands.size(); i++) {
                children.add(new Child(Child.nameOf(commands.get(i).get(0)), pipe.process(i), errors));
            }
            return children;
        } catch (IOException e) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED,
                    "It could not be verified: the connection to the prover was lost: " + e.getMessage(),
                    e);
        }
    }

    @Override
    public Path work() {
        return leased.work();
    }

    @Override
    public Path sockets() {
        return leased.sockets();
    }

    @Override
    public Path socketsFromOutside() {
        return socket.resolveSibling(ProverProtocol.SOCKETS);
    }

    @Override
    public String description() {
        return "isolated in the prover";
    }

    @Override
    public void close() {
        running.forEach(RemotePipe::hangUp);
        hangUp(lease);
    }
}
