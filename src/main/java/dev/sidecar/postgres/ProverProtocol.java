package dev.sidecar.postgres;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.StreamCorruptedException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The language of the sidecar and the prover. A connection begins with one byte: a lease, answered by {@link Leased} and held for
 * the time of a proof; or a run, with the lease's token and the programs of a pipeline, after which come frames in both directions: a
 * byte that says what it is, a length, and so many bytes.
 */
final class ProverProtocol {

    static final byte LEASE = 'L';
    static final byte RUN = 'R';

    /** Input for the first program; an empty one ends it. */
    static final byte INPUT = 'i';
    /** Output of the last program. */
    static final byte OUTPUT = 'o';
    /** Errors of a program, whose number is added. */
    static final byte ERRORS = 'a';
    /** The exit code of a program, whose number is added, in four bytes. */
    static final byte EXIT = 'A';

    /** The directory of the server's socket, beside the prover's. */
    static final String SOCKETS = "pg";

    static final int LARGEST_FRAME = 256 * 1024;
    static final int MOST_PROGRAMS = 4;
    private static final int MOST_ARGUMENTS = 100;

    private ProverProtocol() {}

    /**
     * A lease gives these.
     *
     * @param token that runs of this lease name
     * @param work a directory that programs may write to
     * @param sockets the directory for the server's socket
     * @param freeBytes in the former
     */
    record Leased(String token, Path work, Path sockets, long freeBytes) {

        static Leased read(DataInputStream in) throws IOException {
            return new Leased(in.readUTF(), Path.of(in.readUTF()), Path.of(in.readUTF()), in.readLong());
        }

        void write(DataOutputStream out) throws IOException {
            out.writeUTF(token);
            out.writeUTF(work.toString());
            out.writeUTF(sockets.toString());
            out.writeLong(freeBytes);
            out.flush();
        }
    }

    static void writeCommands(DataOutputStream out, List<List<String>> commands) throws IOException {
        out.writeByte(commands.size());
        for (List<String> command : commands) {
            out.writeByte(command.size());
            for (String argument : command) {
                out.writeUTF(argument);
            }
        }
        out.flush();
    }

    static List<List<String>> readCommands(DataInputStream in) throws IOException {
        List<List<String>> commands = new ArrayList<>();
        int programs = within(in.readByte(), MOST_PROGRAMS);
        for (int i = 0; i < programs; i++) {
            List<String> command = new ArrayList<>();
            int arguments = within(in.readByte(), MOST_ARGUMENTS);
            for (int j = 0; j < arguments; j++) {
                command.add(in.readUTF());
            }
            commands.add(command);
        }
        return commands;
    }

    static int within(int number, int most) throws StreamCorruptedException {
        if (number < 0 || number > most) {
            throw new StreamCorruptedException("%d is not within 0 and %d".formatted(number, most));
        }
        return number;
    }

    static void frame(DataOutputStream out, int kind, byte[] bytes, int offset, int length) throws IOException {
        synchronized (out) {
            out.writeByte(kind);
            out.writeInt(length);
            out.write(bytes, offset, length);
            out.flush();
        }
    }

    static DataOutputStream output(SocketChannel channel) {
        return new DataOutputStream(new BufferedOutputStream(SocketStreams.output(channel), 8192));
    }

    static DataInputStream input(SocketChannel channel) {
        return new DataInputStream(new BufferedInputStream(SocketStreams.input(channel), 8192));
    }
}
