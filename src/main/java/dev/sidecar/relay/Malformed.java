package dev.sidecar.relay;

/** The content of a push does not match its declared type. */
final class Malformed extends Exception {

    private static final long serialVersionUID = 1L;

    Malformed(String message) {
        super(message);
    }
}
