package dev.sidecar.peers;

import java.util.Objects;

/** Nothing was asked, because nobody said where the program is. The message names the setting. */
public final class NotConfigured extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param message what to set for it to be configured */
    public NotConfigured(String message) {
        super(message);
    }

    /** Never null: there is no way to make one without words. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }
}
