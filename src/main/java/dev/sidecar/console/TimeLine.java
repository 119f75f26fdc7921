package dev.sidecar.console;

import dev.sidecar.pitr.PitrState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Draws which moments can be recovered, from the first set until now. */
final class TimeLine {

    static final int WIDTH = 1_000;
    /** A gap of minutes is to be seen in a line of weeks. */
    private static final int NARROWEST = 3;

    private TimeLine() {}

    /**
     * One part of it.
     *
     * @param x where it begins, of {@link #WIDTH}
     * @param width how far it goes
     * @param state held for moments that can be recovered, broken for WAL that is missing
     * @param title from when to when
     */
    record Part(int x, int width, String state, String title) {}

    static List<Part> of(PitrState state) {
        List<Part> parts = new ArrayList<>();
        if (state.spans().isEmpty()) {
            return parts;
        }
        Instant from = state.spans().get(0).from();
        Duration all = Duration.between(from, state.at());
        if (all.isNegative() || all.isZero()) {
            return parts;
        }
        state.spans().forEach(span -> parts.add(part(from, all, span.from(), span.to(), "held", "can be recovered")));
        state.gaps().forEach(gap -> parts.add(part(from, all, gap.after(), gap.before(), "broken", "WAL is missing")));
        return parts;
    }

    private static Part part(Instant origin, Duration all, Instant from, Instant to, String state, String what) {
        int x = at(origin, all, from);
        return new Part(
                x, Math.max(NARROWEST, at(origin, all, to) - x), state, "%s to %s: %s".formatted(from, to, what));
    }

    private static int at(Instant origin, Duration all, Instant moment) {
        double share = Duration.between(origin, moment).toMillis() / (double) all.toMillis();
        return (int) Math.round(Math.max(0, Math.min(1, share)) * WIDTH);
    }
}
