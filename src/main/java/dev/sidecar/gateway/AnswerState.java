package dev.sidecar.gateway;

/**
 * How far an exchange's answer has come. The request has an end of its own, as an upstream may answer before it has all of the request.
 */
enum AnswerState {
    /** The head of the answer has not arrived. */
    AWAITED,
    /** The head of a 1xx answer was passed on, and its end comes next; then the answer is awaited again. */
    INTERIM,
    /** The same for a 1xx answer that this client cannot read, so that none of it is passed on. */
    INTERIM_WITHHELD,
    /** The head of a 101 answer was passed on; its end opens the tunnel. */
    SWITCHING,
    /** The head was passed on, and the body follows. */
    BEGUN,
    /** Client and upstream speak another protocol, whose bytes pass unread. */
    TUNNEL,
    /** The exchange was counted and logged; nothing more happens to it. */
    ENDED;

    /** Takes the next step. An illegal one is a defect of the gateway and breaks the connection it was seen on. */
    AnswerState to(AnswerState next) {
        if (!leadsTo(next)) {
            throw new IllegalStateException("an answer cannot go from " + this + " to " + next);
        }
        return next;
    }

    private boolean leadsTo(AnswerState next) {
        return switch (this) {
            case AWAITED -> next != AWAITED && next != TUNNEL;
            case INTERIM, INTERIM_WITHHELD -> next == AWAITED || next == ENDED;
            case SWITCHING -> next == TUNNEL || next == ENDED;
            case BEGUN, TUNNEL -> next == ENDED;
            case ENDED -> false;
        };
    }

    boolean isInterim() {
        return this == INTERIM || this == INTERIM_WITHHELD || this == SWITCHING;
    }

    /** The client has read a status, so that only a broken connection can tell it of a failure. */
    boolean hasStatus() {
        return this == SWITCHING || this == BEGUN || this == TUNNEL;
    }
}
