package dev.sidecar.requests;

import com.github.f4b6a3.uuid.alt.GUID;
import java.util.List;

/**
 * Makes and checks the id that finds one request in every log: 1 to 128 of {@code A-Za-z0-9._-}. A new id is a UUIDv7, whose time says in
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
     * @param received all values of the header as received; more than one counts as none, as it is unclear which one is meant
     */
    public static String of(List<String> received) {
        return received.size() == 1 && isWellFormed(received.get(0)) ? received.get(0) : create();
    }

    /** Takes no lock, at which all event loops would meet. The ids may be guessed; nothing depends on their being secret. */
    private static String create() {
        return GUID.v7().toString();
    }

    /** Tells an id that is kept from one that is replaced. Only a well-formed id stands in log lines and may go into a query. */
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
