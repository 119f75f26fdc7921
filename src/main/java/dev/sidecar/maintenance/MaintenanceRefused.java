package dev.sidecar.maintenance;

/** The request exceeds a limit; the message says what is allowed. */
public final class MaintenanceRefused extends RuntimeException {

    private static final long serialVersionUID = 1L;

    MaintenanceRefused(String message) {
        super(message);
    }
}
