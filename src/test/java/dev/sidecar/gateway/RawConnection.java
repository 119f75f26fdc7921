package dev.sidecar.gateway;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A TCP connection on which a test writes and reads byte by byte what HTTP libraries would never send. Bytes are Latin-1 text. */
final class RawConnection implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 120_000;
    private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: (\\d+)\r\n");

    final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    RawConnection(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = new BufferedInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    static RawConnection to(int port) {
        try {
            return new RawConnection(new Socket(InetAddress.getLoopbackAddress(), port));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    RawConnection send(String text) {
        return send(text.getBytes(StandardCharsets.ISO_8859_1), Integer.MAX_VALUE);
    }

    RawConnection sendByteByByte(String text) {
        for (byte octet : text.getBytes(StandardCharsets.ISO_8859_1)) {
            send(new byte[] {octet}, 1);
        }
        return this;
    }

    RawConnection send(byte[] bytes, int most) {
        try {
            out.write(bytes, 0, Math.min(bytes.length, most));
            out.flush();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All up to and with the empty line; empty if the other side closed. */
    String head() {
        StringBuilder head = new StringBuilder();
        while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
            int octet = read();
            if (octet < 0) {
                return head.toString();
            }
            head.append((char) octet);
        }
        return head.toString();
    }

    String body(int length) {
        try {
            return new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A whole message whose body has a length. */
    String message() {
        String head = head();
        Matcher length = LENGTH.matcher(head);
        return length.find() ? head + body(Integer.parseInt(length.group(1))) : head;
    }

    String untilClosed() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try {
            in.transferTo(all);
        } catch (IOException e) {
            // A reset is an end too.
        }
        return all.toString(StandardCharsets.ISO_8859_1);
    }

    /** @return -1 at the end, also when that is a reset */
    int read() {
        try {
            return in.read();
        } catch (java.net.SocketException e) {
            return -1;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    InputStream in() {
        return in;
    }

    OutputStream out() {
        return out;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
