package dev.sidecar.gateway;

import java.util.Locale;

/** Lists the reasons for which the gateway itself ends a request; each is a value of the label {@code reason}. */
enum FailureReason {
    BAD_REQUEST(400, "Bad Request", "The request is malformed or ambiguous, so it was not forwarded."),
    TARGET_TOO_LONG(414, "URI Too Long", "The address in the request is too long."),
    HEADER_TOO_LARGE(431, "Request Header Fields Too Large", "The head of the request is too large."),
    BODY_TOO_LARGE(413, "Content Too Large", "The body of the request is too large."),
    REQUEST_TIMEOUT(408, "Request Timeout", "The request did not arrive in time."),
    REQUEST_TOO_SLOW(408, "Request Timeout", "The body of the request arrived too slowly."),
    TOO_MANY_CONNECTIONS(503, "Service Unavailable", "Too many clients are connected. Try again later."),
    CLIENT_CONNECTIONS(429, "Too Many Requests", "Too many connections from this address. Try again later."),
    CLIENT_REQUESTS(429, "Too Many Requests", "Too many unfinished requests from this address. Try again later."),
    REFUSED(502, "Bad Gateway", "The API refused the connection."),
    UNREACHABLE(502, "Bad Gateway", "The API could not be found or reached."),
    CONNECT_TIMEOUT(504, "Gateway Timeout", "The API did not accept the connection in time."),
    RESPONSE_TIMEOUT(504, "Gateway Timeout", "The API did not answer in time."),
    CLOSED(502, "Bad Gateway", "The API closed the connection without an answer."),
    BAD_RESPONSE(502, "Bad Gateway", "The API's answer is malformed."),
    TRUNCATED(502, "Bad Gateway", "The API closed the connection in the middle of its answer."),
    STALLED(504, "Gateway Timeout", "Nothing was sent for too long in the middle of the answer."),
    STOPPED(503, "Service Unavailable", "The gateway is being stopped."),
    CLIENT_TOO_SLOW(408, "Request Timeout", "The client read the response too slowly."),
    CLIENT_GONE(499, "Client Closed Request", "The client left before its answer was complete.");

    private final int status;
    private final String title;
    private final String detail;

    FailureReason(int status, String title, String detail) {
        this.status = status;
        this.title = title;
        this.detail = detail;
    }

    int status() {
        return status;
    }

    String title() {
        return title;
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The client may come back soon: its request was not at fault. */
    boolean isPassing() {
        return status == 429 || status == 503;
    }

    /** Writes the problem detail of RFC 9457. Ids hold nothing that JSON would escape. */
    String problem(String requestId) {
        return """
                {"type":"about:blank","title":"%s","status":%d,"detail":"%s","reason":"%s","request_id":"%s"}
                """.formatted(title, status, detail, label(), requestId);
    }
}
