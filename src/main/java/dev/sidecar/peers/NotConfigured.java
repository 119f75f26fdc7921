package dev.sidecar.peers;

/** Says that a program was not asked because its address is not set. The message names the setting. */
public final class NotConfigured extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Names the missing setting. @param message the program and the setting that configures it */
    public NotConfigured(String message) {
        super(message);
    }
}
