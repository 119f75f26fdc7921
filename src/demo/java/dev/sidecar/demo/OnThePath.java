package dev.sidecar.demo;

import dev.sidecar.support.PostgresPrograms;
import dev.sidecar.support.Programs;
import java.util.ArrayList;
import java.util.List;

/**
 * Which of Loki, Alloy and Grafana {@code ./run} starts: those whose programs are on the PATH, as it fetches none. Each of the others is
 * left out, with the reason.
 *
 * @param started the names of those that are started
 * @param without each of the others, and why
 */
record OnThePath(boolean loki, boolean alloy, boolean grafana, String started, List<String> without) {

    static final OnThePath NOTHING = new OnThePath(false, false, false, "", List.of());

    /** The first that writes its log as JSON. */
    private static final int OLDEST_POSTGRES = 15;

    static OnThePath look() {
        List<String> without = new ArrayList<>();
        boolean loki = isHere("loki", without);
        boolean alloy = loki && isHere("alloy", without);
        if (!loki) {
            without.add("Alloy: there is no Loki to send lines to");
        } else if (alloy && PostgresPrograms.major() < OLDEST_POSTGRES) {
            alloy = false;
            without.add("Alloy: PostgreSQL %d writes no log as JSON, %d does"
                    .formatted(PostgresPrograms.major(), OLDEST_POSTGRES));
        }
        boolean grafana = isHere("grafana", without);
        if (grafana) {
            try {
                DashboardServer.installation();
            } catch (IllegalStateException e) {
                grafana = false;
                without.add("Grafana: " + e.getMessage());
            }
        }
        List<String> started = new ArrayList<>();
        if (loki) {
            started.add("Loki");
        }
        if (alloy) {
            started.add("Alloy");
        }
        if (grafana) {
            started.add("Grafana");
        }
        return new OnThePath(loki, alloy, grafana, String.join(", ", started), List.copyOf(without));
    }

    private static boolean isHere(String program, List<String> without) {
        try {
            Programs.find(program);
            return true;
        } catch (IllegalStateException e) {
            without.add("%s: no program '%s' on the PATH"
                    .formatted(Character.toUpperCase(program.charAt(0)) + program.substring(1), program));
            return false;
        }
    }
}
