package dev.sidecar.peers;

/** Nothing was asked, because nobody said where the program is. The message names the setting. */
public final class NotConfigured extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param message what to set for it to be configured */
    public NotConfigured(String message) {
        super(message);
    }
}
