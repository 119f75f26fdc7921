package dev.sidecar.console;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;

/** Logs a line for every action that a person takes: who, what, when, with which result. */
final class Audit {

    private static final Logger log = LoggerFactory.getLogger("audit");

    void done(String action, String what, String result) {
        Authentication who = SecurityContextHolder.getContext().getAuthentication();
        log.atInfo()
                .addKeyValue("who", who == null ? "nobody" : who.getName())
                .addKeyValue("action", action)
                .addKeyValue("what", what)
                .addKeyValue("result", result)
                .log("action taken");
    }
}
