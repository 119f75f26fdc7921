package dev.sidecar.proofs;

import java.util.Locale;

/** How one proof stands in the report: the verdict of its last drill, or why it has none that counts. */
public enum ProofState {
    /** The drill saw it work. */
    HELD("held"),
    /** The drill saw it fail. */
    BROKEN("broken"),
    /** The drill could not run. */
    INCONCLUSIVE("inconclusive"),
    /** It has not held yet, and the sidecar has started a moment ago: its subject may still be starting, too. */
    STARTING("starting"),
    /** Its first drill has not run yet. */
    WAITING("not drilled yet"),
    /** A part that it needs is not configured. */
    NOT_SET_UP("not set up"),
    /** The team has left it out by name. */
    LEFT_OUT("left out");

    private final String word;

    ProofState(String word) {
        this.word = word;
    }

    /** The word that pages and reports show. */
    public String word() {
        return word;
    }

    /** The label of metrics and the class in style sheets. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
