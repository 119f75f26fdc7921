package dev.sidecar.peers;

import java.util.Objects;

/** Says that a program was asked and gave no usable answer: it is down, too slow, or failed. The message says which program and where. */
public final class PeerUnavailable extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private static final int TOO_MANY_REQUESTS = 429;
    private static final int LOWEST_REFUSAL = 400;
    private static final int LOWEST_FAILURE = 500;

    private final int status;

    /** The program gave no answer. @param message which program, where, and what happened */
    public PeerUnavailable(String message) {
        this(message, 0);
    }

    /** The program answered with an error. @param status its HTTP status */
    public PeerUnavailable(String message, int status) {
        super(message);
        this.status = status;
    }

    /** Never null: there is no way to make one without words. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }

    /** The program works but refuses the request: the query is wrong, or the thing asked for does not exist. */
    public boolean isRefusal() {
        return status >= LOWEST_REFUSAL && status < LOWEST_FAILURE;
    }

    /** The request exceeds one of the program's limits; its answer says which. */
    public boolean isBadRequest() {
        return status == LOWEST_REFUSAL;
    }

    /** The program accepts the same request later. */
    public boolean isTooSoon() {
        return status == TOO_MANY_REQUESTS;
    }
}
