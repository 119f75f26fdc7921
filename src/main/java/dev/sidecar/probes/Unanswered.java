package dev.sidecar.probes;

import java.io.IOException;

/** It was reached and did not answer as it must; the message says how, without any secret. */
final class Unanswered extends IOException {

    private static final long serialVersionUID = 1L;

    Unanswered(String message) {
        super(message);
    }
}
