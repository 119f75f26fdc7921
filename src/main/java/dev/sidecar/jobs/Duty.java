package dev.sidecar.jobs;

/**
 * Tells which of several sidecars does the work that must not be done twice. One that is alone is always on duty; otherwise the room
 * {@code duty} asks PostgreSQL.
 */
public interface Duty {

    /** The duty of a sidecar that is alone. */
    Duty ALONE = () -> new State(Holder.THIS, "");

    /** Asks now; it never throws. */
    State ask();

    /** The answer to the last question. */
    default State last() {
        return ask();
    }

    /** The sidecar on duty. */
    enum Holder {
        /** This sidecar. */
        THIS,
        /** Another one. */
        OTHER,
        /** The server that knows it does not answer. */
        UNKNOWN
    }

    /**
     * Who is on duty now.
     *
     * @param holder one of three
     * @param why a sentence without its full stop that says who else, or why that is not known; empty if this sidecar is on duty
     */
    record State(Holder holder, String why) {}
}
