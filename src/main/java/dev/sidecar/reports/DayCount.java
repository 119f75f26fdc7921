package dev.sidecar.reports;

import dev.sidecar.proofs.ProofState;

/**
 * How the drills of one proof ended on one day. Drills that could say nothing, as a part is not set up or still starting, do not count.
 *
 * @param held drills that saw it work
 * @param broken drills that saw it fail
 * @param inconclusive drills that could not run
 */
record DayCount(int held, int broken, int inconclusive) {

    static final DayCount NONE = new DayCount(0, 0, 0);

    DayCount plus(ProofState state) {
        return switch (state) {
            case HELD -> new DayCount(held + 1, broken, inconclusive);
            case BROKEN -> new DayCount(held, broken + 1, inconclusive);
            case INCONCLUSIVE -> new DayCount(held, broken, inconclusive + 1);
            case STARTING, WAITING, NOT_SET_UP, LEFT_OUT -> this;
        };
    }

    /** The worst of the day: one failure is what a reader looks for. */
    Mark mark() {
        return broken > 0 ? Mark.BROKEN : held > 0 ? Mark.HELD : inconclusive > 0 ? Mark.INCONCLUSIVE : Mark.NONE;
    }

    /** The state of a day's cell in a picture; pictures are read in print without colours, so each has a height of its own. */
    enum Mark {
        HELD("held", 12),
        BROKEN("broken", 18),
        INCONCLUSIVE("inconclusive", 7),
        NONE("none", 2);

        private final String style;
        private final int height;

        Mark(String style, int height) {
            this.style = style;
            this.height = height;
        }

        String style() {
            return style;
        }

        int height() {
            return height;
        }
    }
}
