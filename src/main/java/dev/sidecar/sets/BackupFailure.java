package dev.sidecar.sets;

import java.util.Locale;
import java.util.Objects;

/** A backup, verification or restore cannot be done, for a reason that the operator can mend; the message says what to do. */
public final class BackupFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Reason reason;

    public BackupFailure(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public BackupFailure(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** Never null: there is no way to make one without words. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }

    /** One of a closed list, also the metric's label. */
    public Reason reason() {
        return reason;
    }

    /** Why it failed. */
    public enum Reason {
        /** Settings are missing or do not fit each other. */
        NOT_CONFIGURED,
        /** The database server cannot be reached or refused the login. */
        CONNECTION,
        /** No installed client programs of the server's major. */
        VERSION,
        /** The role may not read something. */
        PERMISSION,
        /** A lock was not given in time. */
        LOCK_TIMEOUT,
        /** Another run holds this database. Not a failure of the backup: the run is skipped. */
        BUSY,
        /** Not enough room. */
        SPACE,
        /** The store failed. */
        STORAGE,
        /** Encryption failed, or the key does not fit. */
        ENCRYPTION,
        /** pg_dump or pg_dumpall failed, or wrote less than a whole archive. */
        DUMP,
        /** The stored files are not what the manifest says. */
        DAMAGED,
        /** The restore failed. */
        RESTORE,
        /** What was restored is not equal to the manifest. */
        DIFFERENT,
        /** Stopped by a shutdown or an interrupt. */
        SHUTDOWN,
        /** There is no such backup. */
        NOT_FOUND,
        /** Something that was not foreseen; the log has its trace. */
        UNEXPECTED;

        /** The metric's label: lower case. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
