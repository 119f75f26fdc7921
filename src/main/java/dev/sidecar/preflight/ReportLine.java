package dev.sidecar.preflight;

/**
 * One line of preflight's report.
 *
 * @param state on, off, a note or wrong
 * @param subject the part of the stack, in a few words
 * @param detail the reason, and for {@link State#WRONG} the fix
 */
record ReportLine(State state, String subject, String detail) {

    enum State {
        /** The part is on. */
        ON,
        /** The part is off, and that is fine. */
        OFF,
        /** The part works, but a person should know something. */
        NOTE,
        /** Nothing starts before a person fixes this. */
        WRONG
    }

    static ReportLine on(String subject, String detail) {
        return new ReportLine(State.ON, subject, detail);
    }

    static ReportLine off(String subject, String detail) {
        return new ReportLine(State.OFF, subject, detail);
    }

    static ReportLine note(String subject, String detail) {
        return new ReportLine(State.NOTE, subject, detail);
    }

    static ReportLine wrong(String subject, String what, String fix) {
        return new ReportLine(State.WRONG, subject, what + ". Fix: " + fix);
    }
}
