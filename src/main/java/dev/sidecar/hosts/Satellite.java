package dev.sidecar.hosts;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Another host that pushes its metrics and log lines here.
 *
 * @param name the label {@code host} of all that it pushes
 * @param digest SHA-256 of its token, in hexadecimal digits; the token itself is kept nowhere
 * @param added when its token was made
 * @param revoked since when its token counts no longer; null as long as it does
 */
public record Satellite(
        String name, String digest, Instant added, @Nullable Instant revoked) {

    /** Its token counts. */
    public boolean isTrusted() {
        return revoked == null;
    }
}
