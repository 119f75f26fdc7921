package dev.sidecar.peers;

/** A program was asked and gave no usable answer: gone, too slow, or an error of its own. The message says which and where. */
public final class PeerUnavailable extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param message which program, where, and what happened */
    public PeerUnavailable(String message) {
        super(message);
    }
}
