package dev.sidecar.sets;

import dev.sidecar.text.ServerErrors;
import java.util.Locale;
import java.util.Objects;

/** Says that a backup, verification or restore failed for a reason that the operator can fix; the message says how, and quotes no rows. */
public final class BackupFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Reason reason;

    public BackupFailure(Reason reason, String message) {
        super(ServerErrors.withoutRows(message));
        this.reason = reason;
    }

    public BackupFailure(Reason reason, String message, Throwable cause) {
        super(ServerErrors.withoutRows(message), cause);
        this.reason = reason;
    }

    /** Returns the message, which is never null. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }

    /** Returns the reason, which is also the metric's label. */
    public Reason reason() {
        return reason;
    }

    /** The closed list of reasons. */
    public enum Reason {
        /** Settings are missing or do not fit each other. */
        NOT_CONFIGURED,
        /** The database server cannot be reached or refused the login. */
        CONNECTION,
        /** The client programs of the server's major version are not installed. */
        VERSION,
        /** The role may not read something. */
        PERMISSION,
        /** A lock was not granted in time. */
        LOCK_TIMEOUT,
        /** Another run holds this database. Not a failure of the backup: the run is skipped. */
        BUSY,
        /** There is not enough space. */
        SPACE,
        /** The store failed. */
        STORAGE,
        /** Encryption failed, or the key does not fit. */
        ENCRYPTION,
        /** pg_dump or pg_dumpall failed, or wrote less than a whole archive. */
        DUMP,
        /** The stored files differ from the manifest. */
        DAMAGED,
        /** The restore failed. */
        RESTORE,
        /** The verification could not do its own work, which says nothing about the backup. */
        UNPROVEN,
        /** The restored contents differ from the manifest. */
        DIFFERENT,
        /** A shutdown or an interrupt stopped the work. */
        SHUTDOWN,
        /** Nothing shows that this sidecar made the backup. */
        REFUSED,
        /** There is no such backup. */
        NOT_FOUND,
        /** An unexpected error; the log has its stack trace. */
        UNEXPECTED;

        /** Tells whether a restore that failed for this reason may succeed with one job, or say then what does not restore. */
        public boolean maySucceedWithOneJob() {
            return this == RESTORE || this == PERMISSION || this == LOCK_TIMEOUT;
        }

        /** Returns the name in lower case, as the metric's label. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
