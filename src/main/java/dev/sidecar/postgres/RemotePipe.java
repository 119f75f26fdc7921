package dev.sidecar.postgres;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;

/** The programs of a pipeline that run in the prover, each as a process to this one. What the prover says of them is limited. */
final class RemotePipe {

    private static final int LOST = 255;
    private static final int BUFFER = 64 * 1024;

    private final SocketChannel connection;
    private final DataOutputStream toProver;
    private final PipedInputStream output = new PipedInputStream(BUFFER);
    private final PipedOutputStream outputSink;
    private final List<RemoteProcess> processes;

    RemotePipe(SocketChannel connection, int programs) throws IOException {
        this.connection = connection;
        this.toProver = ProverProtocol.output(connection);
        this.outputSink = new PipedOutputStream(output);
        this.processes = IntStream.range(0, programs)
                .mapToObj(i -> new RemoteProcess(i == 0, i == programs - 1))
                .toList();
    }

    void begin(String token, List<List<String>> commands, Runnable atEnd) throws IOException {
        toProver.writeByte(ProverProtocol.RUN);
        toProver.writeUTF(token);
        ProverProtocol.writeCommands(toProver, commands);
        Thread reader = new Thread(() -> read(atEnd), "prover-answers");
        reader.setDaemon(true);
        reader.start();
    }

    Process process(int i) {
        return processes.get(i);
    }

    private void read(Runnable atEnd) {
        try (DataInputStream in = ProverProtocol.input(connection)) {
            byte[] bytes = new byte[ProverProtocol.LARGEST_FRAME];
            while (processes.stream().anyMatch(RemoteProcess::isAlive)) {
                int kind = in.readByte();
                int length = ProverProtocol.within(in.readInt(), ProverProtocol.LARGEST_FRAME);
                in.readFully(bytes, 0, length);
                if (kind == ProverProtocol.OUTPUT) {
                    write(outputSink, bytes, length);
                } else if (kind >= ProverProtocol.ERRORS) {
                    write(of(kind - ProverProtocol.ERRORS).errorSink, bytes, length);
                } else {
                    of(kind - ProverProtocol.EXIT).ended(Byte.toUnsignedInt(bytes[3]));
                }
            }
        } catch (IOException e) {
            // The prover is gone, or hung up on: its programs count as lost.
        } finally {
            processes.forEach(process -> process.ended(LOST));
            closeQuietly(outputSink);
            hangUp();
            atEnd.run();
        }
    }

    private RemoteProcess of(int number) throws IOException {
        return processes.get(ProverProtocol.within(number, processes.size() - 1));
    }

    /** Nobody may be left to read it, which is no fault of the program. */
    private static void write(OutputStream sink, byte[] bytes, int length) {
        try {
            sink.write(bytes, 0, length);
            sink.flush();
        } catch (IOException e) {
            // Its reader has closed.
        }
    }

    private static void closeQuietly(OutputStream stream) {
        try {
            stream.close();
        } catch (IOException e) {
            // Nobody reads it any more.
        }
    }

    /** Ends all programs of the pipeline. */
    void hangUp() {
        try {
            connection.close();
        } catch (IOException e) {
            // It is closed, which is what was wanted.
        }
    }

    /** A program in the prover, of which this machine may know no process. */
    final class RemoteProcess extends Process {

        private final CompletableFuture<Integer> exit = new CompletableFuture<>();
        private final PipedInputStream errors = new PipedInputStream(BUFFER);
        private final PipedOutputStream errorSink = new PipedOutputStream();
        private final OutputStream input;
        private final InputStream ownOutput;

        RemoteProcess(boolean first, boolean last) {
            this.input = first ? new Input() : OutputStream.nullOutputStream();
            this.ownOutput = last ? output : InputStream.nullInputStream();
            try {
                errorSink.connect(errors);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        private void ended(int code) {
            closeQuietly(errorSink);
            exit.complete(code);
        }

        @Override
        public OutputStream getOutputStream() {
            return input;
        }

        @Override
        public InputStream getInputStream() {
            return ownOutput;
        }

        @Override
        public InputStream getErrorStream() {
            return errors;
        }

        @Override
        public int waitFor() throws InterruptedException {
            try {
                return exit.get();
            } catch (ExecutionException e) {
                return LOST;
            }
        }

        @Override
        public CompletableFuture<Process> onExit() {
            return exit.thenApply(code -> this);
        }

        @Override
        public int exitValue() {
            Integer code = exit.getNow(null);
            if (code == null) {
                throw new IllegalThreadStateException("it runs");
            }
            return code;
        }

        @Override
        public boolean isAlive() {
            return !exit.isDone();
        }

        @Override
        public void destroy() {
            hangUp();
        }
    }

    private final class Input extends OutputStream {

        private boolean closed;

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            for (int done = 0; done < length; done += ProverProtocol.LARGEST_FRAME) {
                ProverProtocol.frame(
                        toProver,
                        ProverProtocol.INPUT,
                        bytes,
                        offset + done,
                        Math.min(ProverProtocol.LARGEST_FRAME, length - done));
            }
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                try {
                    ProverProtocol.frame(toProver, ProverProtocol.INPUT, new byte[0], 0, 0);
                } catch (IOException e) {
                    // The program has ended without reading to the end, and its exit code says how; a local one is
                    // closed as quietly.
                }
            }
        }
    }
}
