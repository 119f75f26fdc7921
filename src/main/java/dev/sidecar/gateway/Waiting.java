package dev.sidecar.gateway;

/**
 * Says what the gateway waits for at a client, to find the one that loses its place when another needs it.
 *
 * @param what those are first whose loss costs least
 * @param order among equals the smaller is first: the one that waits longest, or the slowest
 */
record Waiting(For what, double order) {

    static final Waiting NOT = new Waiting(For.NOTHING, 0);

    /** The thing that a connection waits for. */
    enum For {
        /** The next request, or the end of the connection. */
        REQUEST,
        /** The rest of a head. */
        HEAD,
        /** The rest of a body that is slow to come. */
        BODY,
        /** The next request or the rest of a head, and for so short a time that it may be on its way. */
        SOON,
        /** Nothing of the client: the API has to answer. */
        NOTHING
    }

    boolean isBefore(Waiting other) {
        int order = what.compareTo(other.what);
        return order < 0 || order == 0 && this.order < other.order;
    }
}
