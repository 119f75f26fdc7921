package dev.sidecar.relay;

/** What was pushed is not what it says it is. */
final class Malformed extends Exception {

    private static final long serialVersionUID = 1L;

    Malformed(String message) {
        super(message);
    }
}
