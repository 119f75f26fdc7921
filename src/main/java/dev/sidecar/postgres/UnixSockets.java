package dev.sidecar.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Lets the JDBC driver talk through a socket in the file system, which it cannot by itself: the scratch server listens nowhere else.
 * Public and with this constructor because the driver makes it by name.
 */
public final class UnixSockets extends SocketFactory {

    /** Stands before the path of a socket whose other end may send anything. */
    static final String HOSTILE = "hostile:";

    private final String path;
    private final boolean hostile;

    /** @param path of the socket */
    public UnixSockets(String path) {
        this.hostile = path.startsWith(HOSTILE);
        this.path = hostile ? path.substring(HOSTILE.length()) : path;
    }

    @Override
    public Socket createSocket() {
        return new UnixSocket(path, hostile);
    }

    @Override
    public Socket createSocket(String host, int port) {
        return createSocket();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        return createSocket();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        return createSocket();
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
        return createSocket();
    }

    /** Implements as much of a socket as the driver uses. */
    private static final class UnixSocket extends Socket {

        private final String path;
        private final boolean hostile;
        private @Nullable SocketChannel channel;
        private int timeout;

        UnixSocket(String path, boolean hostile) {
            this.path = path;
            this.hostile = hostile;
        }

        @Override
        public void connect(SocketAddress ignored) throws IOException {
            connect(ignored, 0);
        }

        @Override
        public void connect(SocketAddress ignored, int timeout) throws IOException {
            if (hostile && Files.isSymbolicLink(Path.of(path))) {
                throw new SocketException("The socket is a link to elsewhere");
            }
            SocketChannel opened = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel = opened;
            opened.connect(UnixDomainSocketAddress.of(path));
        }

        private SocketChannel connected() throws SocketException {
            if (channel == null) {
                throw new SocketException("Socket is not connected");
            }
            return channel;
        }

        @Override
        public InputStream getInputStream() throws IOException {
            return new LimitedAnswers(SocketStreams.input(connected()), false);
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            return SocketStreams.output(connected());
        }

        @Override
        public void setTcpNoDelay(boolean on) {}

        @Override
        public void setKeepAlive(boolean on) {}

        @Override
        public void setSoTimeout(int timeout) {
            this.timeout = timeout;
        }

        @Override
        public int getSoTimeout() {
            return timeout;
        }

        @Override
        public boolean isConnected() {
            return channel != null && channel.isConnected();
        }

        @Override
        public boolean isClosed() {
            return channel != null && !channel.isOpen();
        }

        @Override
        public void close() throws IOException {
            if (channel != null) {
                channel.close();
            }
        }
    }
}
