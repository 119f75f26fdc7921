package dev.sidecar.preflight;

/**
 * One line of preflight's report.
 *
 * @param state on, off, a note or wrong
 * @param subject the part of the stack, in a few words
 * @param detail the reason, and for {@link State#WRONG} the fix
 */
record Finding(State state, String subject, String detail) {

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

    static Finding on(String subject, String detail) {
        return new Finding(State.ON, subject, detail);
    }

    static Finding off(String subject, String detail) {
        return new Finding(State.OFF, subject, detail);
    }

    static Finding note(String subject, String detail) {
        return new Finding(State.NOTE, subject, detail);
    }

    static Finding wrong(String subject, String what, String fix) {
        return new Finding(State.WRONG, subject, what + ". Fix: " + fix);
    }
}
