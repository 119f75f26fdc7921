package dev.sidecar.demo;

import dev.sidecar.support.PostgresPrograms;
import dev.sidecar.support.Programs;
import java.util.ArrayList;
import java.util.List;

/**
 * Which of Loki, Alloy and Grafana {@code ./run} starts: those whose programs are on the PATH, as it fetches none. Each of the others is
 * left out, with the reason.
 *
 * @param words what is started and what is left out, for the terminal
 */
record OnThePath(boolean loki, boolean alloy, boolean grafana, List<String> words) {

    static final OnThePath NOTHING = new OnThePath(false, false, false, List.of());

    /** The first that writes its log as JSON. */
    private static final int OLDEST_POSTGRES = 15;

    static OnThePath look() {
        List<String> words = new ArrayList<>();
        boolean loki = isHere("loki", words);
        boolean alloy = loki && isHere("alloy", words);
        if (!loki) {
            words.add("without Alloy: there is no Loki to send lines to");
        } else if (alloy && PostgresPrograms.major() < OLDEST_POSTGRES) {
            alloy = false;
            words.add("without Alloy: PostgreSQL %d writes no log as JSON, %d does"
                    .formatted(PostgresPrograms.major(), OLDEST_POSTGRES));
        }
        boolean grafana = isHere("grafana", words);
        if (grafana) {
            try {
                DashboardServer.installation();
            } catch (IllegalStateException e) {
                grafana = false;
                words.add("without Grafana: " + e.getMessage());
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
        if (!started.isEmpty()) {
            words.add(0, String.join(", ", started) + " with the shipped configuration, as on the PATH");
        }
        return new OnThePath(loki, alloy, grafana, List.copyOf(words));
    }

    private static boolean isHere(String program, List<String> words) {
        try {
            Programs.find(program);
            return true;
        } catch (IllegalStateException e) {
            words.add("without %s: no program '%s' on the PATH"
                    .formatted(Character.toUpperCase(program.charAt(0)) + program.substring(1), program));
            return false;
        }
    }
}
