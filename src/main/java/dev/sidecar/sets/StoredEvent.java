package dev.sidecar.sets;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.sidecar.sets.BackupEvent.Type;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An event as its file holds it. One of a later type has the type of a verification without a level: a version that does not know it reads
 * the file, finds that the signature is of something else, and passes over it.
 *
 * @param key id of the key that signed it; absent in files from before events were signed
 * @param signature in base64
 * @param as the type that it has, if that is a later one
 * @param checks what the operator's own checks found; absent in other events
 */
record StoredEvent(
        Type type,
        Instant at,
        @Nullable VerificationLevel level,
        @Nullable Duration restoreTook,
        String detail,
        @Nullable String key,
        @Nullable String signature,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Type as,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<CheckResult> checks) {

    static final int MOST_CHECKS = 200;

    /** An event without checks. */
    StoredEvent(
            Type type,
            Instant at,
            @Nullable VerificationLevel level,
            @Nullable Duration restoreTook,
            String detail,
            @Nullable String key,
            @Nullable String signature) {
        this(type, at, level, restoreTook, detail, key, signature, null, null);
    }

    static StoredEvent of(BackupEvent event, String key, String signature) {
        boolean first = event.type().isOfFirstVersions();
        return new StoredEvent(
                first ? event.type() : Type.VERIFIED,
                event.at(),
                event.level(),
                event.restoreTook(),
                event.detail(),
                key,
                signature,
                first ? null : event.type(),
                event.checks().isEmpty() ? null : event.checks());
    }

    BackupEvent event() {
        return new BackupEvent(
                as == null ? type : as, at, level, restoreTook, detail, checks == null ? List.of() : checks);
    }
}
