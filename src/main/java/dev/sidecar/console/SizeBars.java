package dev.sidecar.console;

import dev.sidecar.text.Sizes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Draws how the stored size of a database's backups changed.
 *
 * @param words the same as a sentence
 * @param bars oldest first
 */
record SizeBars(String words, List<Bar> bars) {

    static final int MOST = 60;
    static final int HEIGHT = 100;
    /** A few bars are not drawn as fat ones. */
    private static final int NARROWEST = 30;
    /** Nothing is to be seen of a bar without height. */
    private static final int LOWEST = 2;

    /**
     * One backup.
     *
     * @param x its place, in bars from the left
     * @param y where it begins, from above
     * @param height of {@link #HEIGHT}
     * @param title which backup, and its size
     */
    record Bar(int x, int y, int height, String state, String title) {}

    /**
     * @param rows newest first; of a backup with copies in several stores the first counts
     * @return one without bars if there are too few to compare
     */
    static SizeBars of(List<BackupsPage.Row> rows) {
        Map<String, BackupsPage.Row> once = new LinkedHashMap<>();
        rows.forEach(row -> once.putIfAbsent(row.backup().id().toString(), row));
        List<BackupsPage.Row> shown =
                new ArrayList<>(once.values().stream().limit(MOST).toList());
        if (shown.size() < 2) {
            return new SizeBars("", List.of());
        }
        Collections.reverse(shown);
        long greatest = shown.stream().mapToLong(SizeBars::bytes).max().orElse(0);
        List<Bar> bars = new ArrayList<>();
        for (BackupsPage.Row row : shown) {
            int height = greatest == 0 ? LOWEST : (int) Math.max(LOWEST, HEIGHT * bytes(row) / greatest);
            bars.add(new Bar(
                    bars.size(),
                    HEIGHT - height,
                    height,
                    row.state(),
                    "%s: %s".formatted(row.backup().manifest().startedAt(), row.size())));
        }
        String first = shown.get(0).size();
        String last = shown.get(shown.size() - 1).size();
        String most = Sizes.of(greatest);
        return new SizeBars(
                "Stored size of the last %d backups: %s"
                        .formatted(
                                shown.size(),
                                first.equals(last) && last.equals(most)
                                        ? last + " each."
                                        : "from %s to %s, at most %s.".formatted(first, last, most)),
                bars);
    }

    /** How many bars the picture has room for. */
    public int width() {
        return Math.max(NARROWEST, bars.size());
    }

    private static long bytes(BackupsPage.Row row) {
        return row.backup().manifest().storedBytes();
    }
}
