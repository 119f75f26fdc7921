package dev.sidecar.sets;

import dev.sidecar.sets.BackupEvent.Type;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An event as its file holds it.
 *
 * @param key id of the key that signed it; absent in files from before events were signed
 * @param signature in base64
 */
record StoredEvent(
        Type type,
        Instant at,
        @Nullable VerificationLevel level,
        @Nullable Duration restoreTook,
        String detail,
        @Nullable String key,
        @Nullable String signature) {

    static StoredEvent of(BackupEvent event, String key, String signature) {
        return new StoredEvent(
                event.type(), event.at(), event.level(), event.restoreTook(), event.detail(), key, signature);
    }

    BackupEvent event() {
        return new BackupEvent(type, at, level, restoreTook, detail);
    }
}
