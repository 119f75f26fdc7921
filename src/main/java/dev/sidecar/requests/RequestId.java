package dev.sidecar.requests;

import com.github.f4b6a3.uuid.alt.GUID;
import java.util.List;

/**
 * The id under which one request is found again in every log: 1 to 128 of {@code A-Za-z0-9._-}. A new one is a UUIDv7, whose time tells in
 * which minutes of the logs to look.
 */
public final class RequestId {

    /** The header that carries it, to the upstream and back to the client. */
    public static final String HEADER = "X-Request-ID";

    /** The field of a log line that carries it, and the key in the MDC. */
    static final String FIELD = "request_id";

    private static final int LONGEST = 128;

    private RequestId() {}

    /**
     * Keeps the id that came with a request, or makes a new one.
     *
     * @param received all values of the header as received; more than one is as good as none, as nobody could tell which one counts
     */
    public static String of(List<String> received) {
        return received.size() == 1 && isWellFormed(received.get(0)) ? received.get(0) : create();
    }

    /** Without a lock, which all event loops would meet at; that ids are hard to guess is promised to nobody. */
    private static String create() {
        return GUID.v7().toString();
    }

    /** Any other id is not kept, so it can stand in no log line, nor may it be put into a query. */
    public static boolean isWellFormed(String id) {
        if (id.isEmpty() || id.length() > LONGEST) {
            return false;
        }
        for (int i = 0; i < id.length(); i++) {
            if (!isAllowed(id.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isAllowed(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-';
    }
}
