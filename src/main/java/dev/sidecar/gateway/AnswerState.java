package dev.sidecar.gateway;

/**
 * Says how far an exchange's answer has come, and which steps it may take. The request has an end of its own, as an upstream may answer
 * before it has the whole request.
 */
enum AnswerState {
    /** The head of the answer has not arrived. */
    AWAITED,
    /** The client got the head of a 1xx answer, whose end comes next; then the answer is awaited again. */
    INTERIM,
    /** The same for a 1xx answer that this client cannot read and does not get. */
    INTERIM_WITHHELD,
    /** The client got the head of a 101 answer, whose end opens the tunnel. */
    SWITCHING,
    /** The client got the head of the answer, and the body follows. */
    BEGUN,
    /** The upstream has given all of the answer, and the client has yet to take the rest of it. */
    WHOLE,
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
            case AWAITED -> next != AWAITED && next != TUNNEL && next != WHOLE;
            case INTERIM, INTERIM_WITHHELD -> next == AWAITED || next == ENDED;
            case SWITCHING -> next == TUNNEL || next == ENDED;
            case BEGUN -> next == WHOLE || next == ENDED;
            case WHOLE, TUNNEL -> next == ENDED;
            case ENDED -> false;
        };
    }

    boolean isInterim() {
        return this == INTERIM || this == INTERIM_WITHHELD || this == SWITCHING;
    }

    /** The client has read a status, so that only a broken connection can tell it of a failure. */
    boolean hasStatus() {
        return this == SWITCHING || this == BEGUN || this == WHOLE || this == TUNNEL;
    }
}
