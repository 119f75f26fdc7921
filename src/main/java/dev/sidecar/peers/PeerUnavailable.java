package dev.sidecar.peers;

import java.util.Objects;

/** A program was asked and gave no usable answer: gone, too slow, or an error of its own. The message says which and where. */
public final class PeerUnavailable extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private static final int LOWEST_REFUSAL = 400;
    private static final int LOWEST_FAILURE = 500;

    private final int status;

    /** No answer. @param message which program, where, and what happened */
    public PeerUnavailable(String message) {
        this(message, 0);
    }

    /** An answer, but none that helps. @param status its HTTP status */
    public PeerUnavailable(String message, int status) {
        super(message);
        this.status = status;
    }

    /** Never null: there is no way to make one without words. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }

    /** Whether the program works and refuses what it was asked: a query that is wrong, a thing that is not there. */
    public boolean isRefusal() {
        return status >= LOWEST_REFUSAL && status < LOWEST_FAILURE;
    }
}
