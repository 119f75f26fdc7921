package dev.sidecar.preflight;

/**
 * One line of preflight's table.
 *
 * @param state what holds
 * @param subject what it is about, in a few words
 * @param detail why, and for {@link State#WRONG} how to mend it
 */
record Finding(State state, String subject, String detail) {

    enum State {
        /** Runs. */
        ON,
        /** Does not run, and that is fine. */
        OFF,
        /** Works, but a person should know something. */
        NOTE,
        /** Nothing is started before this is mended. */
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
