package dev.sidecar.postgres;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The role {@code prover}: runs the programs of one proof for the sidecar, in a place where there is nothing to take. It has no
 * settings, no secret and no network, and it ends with the proof, so that whoever started it can end all else and begin anew: what a
 * stranger left running must not meet the next database.
 */
public final class Prover {

    private static final int MOST_CONNECTIONS = 64;
    private static final long LAST_WORDS_MS = 10_000;

    private final Path socket;
    private final Path sockets;
    private final Path work;
    private final AtomicReference<@Nullable String> token = new AtomicReference<>();
    private final Semaphore connections = new Semaphore(MOST_CONNECTIONS);

    private Prover(Path shared, Path scratch) {
        this.socket = shared.resolve("prover");
        this.sockets = shared.resolve(ProverProtocol.SOCKETS);
        this.work = scratch;
    }

    /** Tells whether this process is to be a prover: {@code prover <directory of its socket> <directory for files>}. */
    public static boolean isAskedFor(String[] arguments) {
        return arguments.length == 3 && arguments[0].equals("prover");
    }

    /** Serves one proof. Both directories are empty, and the sidecar can enter the first. @param arguments as {@link #isAskedFor} says */
    public static void run(String[] arguments) {
        try {
            new Prover(Path.of(arguments[1]), Path.of(arguments[2])).serve();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void serve() throws IOException {
        Files.createDirectory(sockets);
        Files.setPosixFilePermissions(sockets, PosixFilePermissions.fromString("rwxr-x---"));
        Path unfinished = socket.resolveSibling("begins");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(unfinished));
            Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rwxrwx---"));
            Files.move(unfinished, socket);
            while (true) {
                SocketChannel connection = server.accept();
                if (connections.tryAcquire()) {
                    Thread thread = new Thread(() -> answer(connection), "connection");
                    thread.setDaemon(true);
                    thread.start();
                } else {
                    connection.close();
                }
            }
        }
    }

    private void answer(SocketChannel connection) {
        try (connection) {
            DataInputStream in = ProverProtocol.input(connection);
            DataOutputStream out = ProverProtocol.output(connection);
            switch (in.readByte()) {
                case ProverProtocol.LEASE -> lease(in, out);
                case ProverProtocol.RUN -> {
                    if (in.readUTF().equals(token.get())) {
                        run(ProverProtocol.readCommands(in), in, out);
                    }
                }
                default -> {
                    // A stranger.
                }
            }
        } catch (IOException e) {
            // The sidecar hung up.
        } finally {
            connections.release();
        }
    }

    private void lease(DataInputStream in, DataOutputStream out) throws IOException {
        String given = UUID.randomUUID().toString();
        if (!token.compareAndSet(null, given)) {
            return;
        }
        try {
            new ProverProtocol.Leased(
                            given, work, sockets, Files.getFileStore(work).getUsableSpace())
                    .write(out);
            in.read();
        } finally {
            // Files and processes are left to whoever started this.
            Runtime.getRuntime().halt(0);
        }
    }

    private static void run(List<List<String>> commands, DataInputStream in, DataOutputStream out) throws IOException {
        List<ProcessBuilder> builders = new ArrayList<>();
        for (List<String> command : commands) {
            ProcessBuilder builder = new ProcessBuilder(command).directory(new java.io.File("/"));
            builder.environment().clear();
            builder.environment().putAll(Map.of("PATH", "/usr/local/bin:/usr/bin:/bin", "LC_ALL", "C.UTF-8"));
            builders.add(builder);
        }
        List<Process> processes;
        try {
            processes = ProcessBuilder.startPipeline(builders);
        } catch (IOException e) {
            byte[] why = String.valueOf(e.getMessage()).getBytes(java.nio.charset.StandardCharsets.UTF_8);
            ProverProtocol.frame(out, ProverProtocol.ERRORS, why, 0, Math.min(why.length, 8192));
            for (int i = 0; i < commands.size(); i++) {
                exit(out, i, 127);
            }
            return;
        }
        try {
            Thread feeder = new Thread(() -> feed(in, processes), "input");
            feeder.setDaemon(true);
            feeder.start();
            List<Thread> errors = new ArrayList<>();
            for (int i = 0; i < processes.size(); i++) {
                errors.add(pump(processes.get(i).getErrorStream(), out, ProverProtocol.ERRORS + i));
            }
            int last = processes.size() - 1;
            Thread output = pump(processes.get(last).getInputStream(), out, ProverProtocol.OUTPUT);
            for (int i = 0; i <= last; i++) {
                int code = processes.get(i).waitFor();
                // Something that it left behind may hold its streams open for ever.
                errors.get(i).join(LAST_WORDS_MS);
                if (i == last) {
                    output.join(LAST_WORDS_MS);
                }
                exit(out, i, code);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            processes.forEach(Process::destroyForcibly);
        }
    }

    private static void exit(DataOutputStream out, int program, int code) throws IOException {
        ProverProtocol.frame(
                out,
                ProverProtocol.EXIT + program,
                ByteBuffer.allocate(4).putInt(code).array(),
                0,
                4);
    }

    /** Ends the programs when the sidecar hangs up; they may not read, or not write. */
    private static void feed(DataInputStream in, List<Process> processes) {
        OutputStream to = processes.get(0).getOutputStream();
        byte[] bytes = new byte[ProverProtocol.LARGEST_FRAME];
        boolean reads = true;
        try {
            while (true) {
                in.readByte();
                int length = ProverProtocol.within(in.readInt(), ProverProtocol.LARGEST_FRAME);
                in.readFully(bytes, 0, length);
                if (reads) {
                    reads = passOn(to, bytes, length);
                }
            }
        } catch (IOException e) {
            processes.forEach(Process::destroyForcibly);
        }
    }

    /** @return whether the program still reads */
    private static boolean passOn(OutputStream to, byte[] bytes, int length) {
        try {
            if (length == 0) {
                to.close();
                return false;
            }
            to.write(bytes, 0, length);
            to.flush();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static Thread pump(InputStream from, DataOutputStream out, int kind) {
        Thread pump = new Thread(
                () -> {
                    byte[] bytes = new byte[8192];
                    try (from) {
                        for (int n = from.read(bytes); n >= 0; n = from.read(bytes)) {
                            ProverProtocol.frame(out, kind, bytes, 0, n);
                        }
                    } catch (IOException e) {
                        // The program was ended, or the sidecar hung up.
                    }
                },
                "output");
        pump.setDaemon(true);
        pump.start();
        return pump;
    }
}
