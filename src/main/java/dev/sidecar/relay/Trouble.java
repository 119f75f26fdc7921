package dev.sidecar.relay;

import java.util.Locale;

/** The reasons why a push is wrong. Each is counted by this name; those of known hosts raise the alert HostPushesWrong. */
enum Trouble {
    /** Nobody has this token. */
    UNKNOWN_TOKEN(401),
    /** Somebody had it. */
    REVOKED_TOKEN(401),
    /** More bytes a second, or more pushes at once, than one host may send. */
    FLOOD(429),
    /** One push is too large. */
    TOO_LARGE(413),
    /** A push is not what it says it is. */
    MALFORMED(400),
    /** Its clock is ahead: Prometheus would refuse this host's own samples after them. */
    CLOCK_AHEAD(400),
    /** Its clock is behind, or what it pushes is too old. */
    CLOCK_BEHIND(400),
    /** More series, or streams of log lines, than one host may have. */
    TOO_MANY_SERIES(400),
    /** Prometheus or Loki refuses it. */
    REFUSED(400),
    /** Two machines push with one token. */
    DOUBLED(400);

    private final int status;

    Trouble(int status) {
        this.status = status;
    }

    /** The status of the answer, if it was the whole of what was pushed. */
    int status() {
        return status;
    }

    /** As the metrics' label has it. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
