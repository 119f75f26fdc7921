package dev.sidecar.access;

import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionEvent;
import jakarta.servlet.http.HttpSessionListener;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Limits the sessions of people who have not logged in. Whoever asks for a page gets one, with what the login needs, and whoever sends no
 * cookie gets another each time: they would fill the memory. The oldest ends first.
 */
final class Strangers implements HttpSessionListener {

    static final int MOST = 2_000;

    private final Set<HttpSession> sessions = new LinkedHashSet<>();

    @Override
    public void sessionCreated(HttpSessionEvent created) {
        added(created.getSession()).ifPresent(Strangers::end);
    }

    private synchronized Optional<HttpSession> added(HttpSession session) {
        sessions.add(session);
        if (sessions.size() <= MOST) {
            return Optional.empty();
        }
        Iterator<HttpSession> oldest = sessions.iterator();
        HttpSession ended = oldest.next();
        oldest.remove();
        return Optional.of(ended);
    }

    private static void end(HttpSession session) {
        try {
            if (!LoginSessions.isOfALogin(session)) {
                session.invalidate();
            }
        } catch (IllegalStateException e) {
            // It has ended meanwhile.
        }
    }

    @Override
    public synchronized void sessionDestroyed(HttpSessionEvent ended) {
        sessions.remove(ended.getSession());
    }
}
