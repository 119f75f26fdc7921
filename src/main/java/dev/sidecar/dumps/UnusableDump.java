package dev.sidecar.dumps;

/** A dump cannot be restored, as its bytes already show. */
final class UnusableDump extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final boolean damaged;

    /** @param damaged whether its bytes are wrong; otherwise it may be a good dump that nobody here can read */
    UnusableDump(boolean damaged, String sentence) {
        super(sentence);
        this.damaged = damaged;
    }

    boolean isDamaged() {
        return damaged;
    }
}
