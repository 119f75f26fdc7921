package dev.sidecar.text;

import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads what others write, a program, a peer or a child process, never further than a limit: nobody fills our memory by being talkative. A
 * test sees to it that nothing else reads to an end that others decide.
 */
public final class Limited {

    private static final int CHUNK = 8192;

    private Limited() {}

    /**
     * Reads a stream to its end and keeps the beginning; a child process must be able to write the rest.
     *
     * @param most bytes that are kept
     */
    public static String beginning(InputStream in, int most) throws IOException {
        byte[] kept = in.readNBytes(most);
        byte[] rest = new byte[CHUNK];
        long left = 0;
        for (int read = in.read(rest); read >= 0; read = in.read(rest)) {
            left += read;
        }
        String text = new String(kept, StandardCharsets.UTF_8);
        return left == 0 ? text : text + "… (" + left + " more bytes)";
    }

    /** Closes a connection after so long: a limit for each answer never ends with a server that says one letter after the other. */
    public static <T extends Socket> T inTime(T socket, Duration limit) {
        CompletableFuture.delayedExecutor(limit.toMillis(), TimeUnit.MILLISECONDS)
                .execute(() -> {
                    try {
                        socket.close();
                    } catch (IOException e) {
                        // It is closed, which is what was wanted.
                    }
                });
        return socket;
    }

    /** Reads the whole of a stream. @throws IOException if it is longer than so many bytes */
    public static byte[] whole(InputStream in, int most) throws IOException {
        return stream(in, most).readNBytes(most + 1);
    }

    /** Passes a stream on as long as it is not longer than so many bytes; then reading fails. */
    public static InputStream stream(InputStream in, long most) {
        return new Stream(in, most);
    }

    /** Reads the next line, without its end, and skips what is longer than the limit. @return null at the end */
    public static @Nullable String line(Reader in, int most) throws IOException {
        StringBuilder line = new StringBuilder();
        int next = in.read();
        if (next < 0) {
            return null;
        }
        for (; next >= 0 && next != '\n'; next = in.read()) {
            if (line.length() < most) {
                line.append((char) next);
            }
        }
        return line.toString();
    }

    /** Makes a buffer that takes so many bytes; writing more fails. */
    public static ByteArrayOutputStream buffer(int most) {
        return new ByteArrayOutputStream() {
            @Override
            public synchronized void write(int octet) {
                require(1);
                super.write(octet);
            }

            @Override
            public synchronized void write(byte[] bytes, int offset, int length) {
                require(length);
                super.write(bytes, offset, length);
            }

            private void require(int more) {
                if (more > most - count) {
                    throw new UncheckedIOException(new IOException("longer than " + Sizes.of(most)));
                }
            }
        };
    }

    /** Keeps the beginning of an answer's body, and drops the rest as it comes. */
    public static BodyHandler<String> body(int most) {
        return response ->
                BodySubscribers.mapping(new BodyBeginning(most), bytes -> new String(bytes, StandardCharsets.UTF_8));
    }

    private static final class Stream extends FilterInputStream {

        private final long most;
        private long left;

        Stream(InputStream in, long most) {
            super(in);
            this.most = most;
            this.left = most;
        }

        @Override
        public int read() throws IOException {
            int octet = super.read();
            took(octet < 0 ? 0 : 1);
            return octet;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = super.read(bytes, offset, length);
            took(Math.max(0, read));
            return read;
        }

        @Override
        public long skip(long count) throws IOException {
            long skipped = super.skip(count);
            took(skipped);
            return skipped;
        }

        @Override
        public boolean markSupported() {
            return false;
        }

        private void took(long bytes) throws IOException {
            left -= bytes;
            if (left < 0) {
                throw new IOException("longer than " + Sizes.of(most));
            }
        }
    }
}
