package dev.sidecar.pitr;

import java.util.List;

/** The instance beside, for people at a page: they have it made, promoted and removed, and look how far that is. */
public interface InstanceBeside {

    /** The states of the instance. */
    enum Stage {
        /** Nothing. */
        NONE("There is no separate instance."),
        /** A request is being worked on. */
        WORKING("Working on it."),
        /** Recovered; it takes no writes. */
        READ_ONLY("The separate instance is read-only."),
        /** It takes writes. */
        PROMOTED("The separate instance is writable."),
        /** Its files are there, but it does not run. */
        STOPPED("The separate instance is stopped; its files are kept.");

        private final String sentence;

        Stage(String sentence) {
            this.sentence = sentence;
        }

        /** For a person. */
        public String sentence() {
            return sentence;
        }
    }

    /** The actions besides a recovery. */
    enum Errand {
        /** Let it be written to. */
        PROMOTE,
        /** Start one that is stopped. */
        START,
        /** Stop it and remove its files. */
        REMOVE
    }

    /**
     * How it is.
     *
     * @param failed whether the last request failed
     * @param said what the last request said, a line each, for a person; empty before the first
     */
    record State(Stage stage, boolean failed, List<String> said) {

        /** Copies. */
        public State {
            said = List.copyOf(said);
        }
    }

    /** Tells whether there is a place for one at all. */
    boolean isPossible();

    /** How it is now. */
    State state();

    /**
     * Begins a recovery and does not wait for it.
     *
     * @throws dev.sidecar.sets.BackupFailure with BUSY while another request is worked on
     */
    void recover(RecoveryTarget target);

    /** Begins something else and does not wait for it. @throws dev.sidecar.sets.BackupFailure with BUSY while another is worked on */
    void run(Errand errand);
}
