package dev.sidecar.relay;

/**
 * The answer to the host.
 *
 * @param status 2xx: do not send it again; 4xx but 429: this was wrong, do not send it again; 429 and 503: send it again later
 * @param text for the log of the host; never what another has pushed
 */
record Reply(int status, String text) {

    static final Reply DONE = new Reply(200, "");

    static Reply later(String text) {
        return new Reply(503, text);
    }

    static Reply of(Trouble trouble, String text) {
        return new Reply(trouble.status(), text);
    }
}
