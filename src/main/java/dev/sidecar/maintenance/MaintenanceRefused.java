package dev.sidecar.maintenance;

/** What was asked for is outside the limits; the message says what is allowed. */
public final class MaintenanceRefused extends RuntimeException {

    private static final long serialVersionUID = 1L;

    MaintenanceRefused(String message) {
        super(message);
    }
}
