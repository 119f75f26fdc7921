package dev.sidecar.peers;

import java.util.Objects;

/** Says that a program was not asked because its address is not set. The message names the setting. */
public final class NotConfigured extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Names the missing setting. @param message the program and the setting that configures it */
    public NotConfigured(String message) {
        super(message);
    }

    /** Never null: there is no way to make one without words. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }
}
