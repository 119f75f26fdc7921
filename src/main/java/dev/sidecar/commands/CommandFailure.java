package dev.sidecar.commands;

import java.util.Objects;

/**
 * Ends a command that cannot do what it was asked, for a reason that the operator can fix. It is printed as one line, without a stack trace.
 */
public final class CommandFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int exitCode;

    /** Ends the command with exit code 1. @param message what is wrong and what to do */
    public CommandFailure(String message) {
        this(1, message);
    }

    /**
     * @param exitCode as documented in the command's help
     * @param message what is wrong and what to do
     */
    public CommandFailure(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** Never null: there is no way to make one without words. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }

    /** The exit code, as documented in the command's help. */
    public int exitCode() {
        return exitCode;
    }
}
