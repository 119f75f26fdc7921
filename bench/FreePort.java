import java.net.ServerSocket;

/** Prints a port that is free. */
public final class FreePort {

    public static void main(String[] args) throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            System.out.println(socket.getLocalPort());
        }
    }
}
