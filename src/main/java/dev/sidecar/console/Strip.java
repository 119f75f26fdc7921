package dev.sidecar.console;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Shows the verdicts of a day as a row of small cells. */
final class Strip {

    static final Duration STEP = Duration.ofMinutes(30);
    static final int CELLS = 48;

    private Strip() {}

    /**
     * One cell.
     *
     * @param x its place, in cells from the left
     * @param state held, broken or unknown
     */
    record Cell(int x, String state) {}

    static List<Cell> of(Map<Instant, Double> values, Instant from) {
        List<Cell> cells = new ArrayList<>();
        for (int x = 0; x < CELLS; x++) {
            Double value = values.get(from.plus(STEP.multipliedBy(x)));
            cells.add(new Cell(x, value == null || value.isNaN() ? "unknown" : value >= 1 ? "held" : "broken"));
        }
        return cells;
    }
}
