package dev.sidecar.postgres;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StreamCorruptedException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.Properties;
import javax.net.SocketFactory;
import javax.net.ssl.HandshakeCompletedListener;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.postgresql.ssl.LibPQFactory;
import org.postgresql.util.PSQLException;

/**
 * Reads what a PostgreSQL server says, message by message, as the driver makes room for whatever length a message claims. The owner of
 * a database decides how long a row is, so a row of COPY is handed on in pieces, each a message of its own; of other messages only
 * those of an honest size pass. What is encrypted passes as it is, and is read in the same way when it is decrypted.
 */
final class LimitedAnswers extends FilterInputStream {

    /** The most that the driver holds of a row of COPY. */
    static final int PIECE = 64 << 10;

    private static final int HEAD = 5;
    private static final byte COPY_DATA = 'd';
    /** PostgreSQL makes no message that is larger. */
    private static final int LARGEST_COPIED = 1 << 30;

    private static final int LARGEST_ROW = 64 << 20;
    private static final int LARGEST_OTHER = 1 << 20;
    private static final long MOST_OTHERS = 64L << 20;

    private final byte[] raw = new byte[32 << 10];
    private int at;
    private int end;
    private final byte[] head = new byte[HEAD];
    private int inHead;
    private final byte[] handedOn = new byte[HEAD];
    private int handed = HEAD;
    private long left;
    private int piece;
    private long others;
    private boolean mayEncrypt;
    private boolean encrypted;

    /** @param mayEncrypt whether the first byte may be the answer to the question whether the server encrypts */
    LimitedAnswers(InputStream in, boolean mayEncrypt) {
        super(in);
        this.mayEncrypt = mayEncrypt;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        int n = take(bytes, offset, length);
        while (n == 0) {
            int arrived = in.read(raw, 0, raw.length);
            if (arrived < 0) {
                return -1;
            }
            at = 0;
            end = arrived;
            n = take(bytes, offset, length);
        }
        return n;
    }

    @Override
    public int available() throws IOException {
        return HEAD - handed + end - at + in.available();
    }

    /** Hands on what has arrived. */
    private int take(byte[] bytes, int offset, int length) throws StreamCorruptedException {
        int n = 0;
        while (n < length) {
            if (handed < HEAD) {
                int some = Math.min(HEAD - handed, length - n);
                System.arraycopy(handedOn, handed, bytes, offset + n, some);
                handed += some;
                n += some;
            } else if (left > 0 && piece == 0) {
                begin(COPY_DATA);
            } else if (at == end) {
                return n;
            } else if (encrypted || piece > 0) {
                int some = Math.min(end - at, length - n);
                some = encrypted ? some : Math.min(some, piece);
                System.arraycopy(raw, at, bytes, offset + n, some);
                at += some;
                n += some;
                piece -= encrypted ? 0 : some;
                left -= encrypted ? 0 : some;
            } else if (mayEncrypt && (raw[at] == 'S' || raw[at] == 'N')) {
                mayEncrypt = false;
                encrypted = raw[at] == 'S';
                bytes[offset + n++] = raw[at++];
            } else {
                mayEncrypt = false;
                head[inHead++] = raw[at++];
                if (inHead == HEAD) {
                    inHead = 0;
                    left = body();
                    begin(head[0]);
                }
            }
        }
        return n;
    }

    /** Begins a message, or the next piece of one. */
    private void begin(byte kind) {
        piece = (int) (kind == COPY_DATA ? Math.min(left, PIECE) : left);
        int length = piece + 4;
        handedOn[0] = kind;
        for (int i = 1; i < HEAD; i++) {
            handedOn[i] = (byte) (length >>> 8 * (HEAD - 1 - i));
        }
        handed = 0;
    }

    private long body() throws StreamCorruptedException {
        int length = (head[1] & 0xff) << 24 | (head[2] & 0xff) << 16 | (head[3] & 0xff) << 8 | head[4] & 0xff;
        boolean copied = head[0] == COPY_DATA;
        boolean row = head[0] == 'D' || copied;
        others += row ? 0 : length;
        if (length < 4
                || length > (copied ? LARGEST_COPIED : row ? LARGEST_ROW : LARGEST_OTHER)
                || others > MOST_OTHERS) {
            throw new StreamCorruptedException("The server sent a message of %d bytes, or too many of them"
                    .formatted(Integer.toUnsignedLong(length)));
        }
        return length - 4L;
    }

    /** Lets the driver read so from a server on the network. Public and with this constructor because the driver makes it by name. */
    public static final class Connections extends SocketFactory {

        private final boolean mayEncrypt;

        /** @param sslMode as libpq's */
        public Connections(String sslMode) {
            mayEncrypt = !sslMode.equals("disable");
        }

        @Override
        public Socket createSocket() {
            return new Socket() {
                private @Nullable InputStream answers;

                // Asked for again by whoever decrypts, who goes on where the driver has stopped.
                @Override
                public synchronized InputStream getInputStream() throws IOException {
                    InputStream known = answers;
                    if (known == null) {
                        known = new LimitedAnswers(super.getInputStream(), mayEncrypt);
                        answers = known;
                    }
                    return known;
                }
            };
        }

        @Override
        public Socket createSocket(String host, int port) {
            throw new UnsupportedOperationException("the driver connects by itself");
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
            return createSocket(host, port);
        }

        @Override
        public Socket createSocket(InetAddress host, int port) {
            return createSocket(host.getHostAddress(), port);
        }

        @Override
        public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
            return createSocket(address, port);
        }
    }

    /** Lets it read so from a server that encrypts, which the driver asks as it always does. Public because the driver makes it by name. */
    public static final class Encrypting extends LibPQFactory {

        /** @param properties of the connection */
        public Encrypting(Properties properties) throws PSQLException {
            super(properties);
        }

        @Override
        public Socket createSocket(Socket socket, String host, int port, boolean autoClose) throws IOException {
            return new Decrypted((SSLSocket) super.createSocket(socket, host, port, autoClose));
        }
    }

    /** An encrypted connection, whose answers are read so. */
    private static final class Decrypted extends SSLSocket {

        private final SSLSocket socket;

        Decrypted(SSLSocket socket) {
            this.socket = socket;
        }

        @Override
        public InputStream getInputStream() throws IOException {
            return new LimitedAnswers(socket.getInputStream(), false);
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            return socket.getOutputStream();
        }

        @Override
        public void startHandshake() throws IOException {
            socket.startHandshake();
        }

        @Override
        public SSLSession getSession() {
            return socket.getSession();
        }

        @Override
        public SSLParameters getSSLParameters() {
            return socket.getSSLParameters();
        }

        @Override
        public void setSSLParameters(SSLParameters parameters) {
            socket.setSSLParameters(parameters);
        }

        @Override
        public void setTcpNoDelay(boolean on) throws SocketException {
            socket.setTcpNoDelay(on);
        }

        @Override
        public void setKeepAlive(boolean on) throws SocketException {
            socket.setKeepAlive(on);
        }

        @Override
        public void setSoTimeout(int timeout) throws SocketException {
            socket.setSoTimeout(timeout);
        }

        @Override
        public int getSoTimeout() throws SocketException {
            return socket.getSoTimeout();
        }

        @Override
        public int getSendBufferSize() throws SocketException {
            return socket.getSendBufferSize();
        }

        @Override
        public int getReceiveBufferSize() throws SocketException {
            return socket.getReceiveBufferSize();
        }

        @Override
        public boolean isConnected() {
            return socket.isConnected();
        }

        @Override
        public boolean isClosed() {
            return socket.isClosed();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }

        @Override
        public String[] getSupportedCipherSuites() {
            return socket.getSupportedCipherSuites();
        }

        @Override
        public String[] getEnabledCipherSuites() {
            return socket.getEnabledCipherSuites();
        }

        @Override
        public void setEnabledCipherSuites(String[] suites) {
            socket.setEnabledCipherSuites(suites);
        }

        @Override
        public String[] getSupportedProtocols() {
            return socket.getSupportedProtocols();
        }

        @Override
        public String[] getEnabledProtocols() {
            return socket.getEnabledProtocols();
        }

        @Override
        public void setEnabledProtocols(String[] protocols) {
            socket.setEnabledProtocols(protocols);
        }

        @Override
        public void addHandshakeCompletedListener(HandshakeCompletedListener listener) {
            socket.addHandshakeCompletedListener(listener);
        }

        @Override
        public void removeHandshakeCompletedListener(HandshakeCompletedListener listener) {
            socket.removeHandshakeCompletedListener(listener);
        }

        @Override
        public void setUseClientMode(boolean client) {
            socket.setUseClientMode(client);
        }

        @Override
        public boolean getUseClientMode() {
            return socket.getUseClientMode();
        }

        @Override
        public void setNeedClientAuth(boolean need) {
            socket.setNeedClientAuth(need);
        }

        @Override
        public boolean getNeedClientAuth() {
            return socket.getNeedClientAuth();
        }

        @Override
        public void setWantClientAuth(boolean want) {
            socket.setWantClientAuth(want);
        }

        @Override
        public boolean getWantClientAuth() {
            return socket.getWantClientAuth();
        }

        @Override
        public void setEnableSessionCreation(boolean may) {
            socket.setEnableSessionCreation(may);
        }

        @Override
        public boolean getEnableSessionCreation() {
            return socket.getEnableSessionCreation();
        }
    }
}
