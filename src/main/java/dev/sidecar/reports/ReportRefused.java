package dev.sidecar.reports;

/** Says why a file is not taken for a signed report. */
final class ReportRefused extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The closed list of reasons, each with the exit code of the command. */
    enum Reason {
        /** It is not what was signed: a signature or a checksum does not fit. */
        CHANGED(13),
        /** No key that is known here signed it. */
        UNKNOWN_KEY(14),
        /** It is no signed report at all. */
        NOT_A_REPORT(15);

        private final int exitCode;

        Reason(int exitCode) {
            this.exitCode = exitCode;
        }

        int exitCode() {
            return exitCode;
        }
    }

    private final Reason reason;

    ReportRefused(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    Reason reason() {
        return reason;
    }
}
