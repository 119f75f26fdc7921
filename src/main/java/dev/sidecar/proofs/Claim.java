package dev.sidecar.proofs;

import java.time.Duration;

/**
 * The statement that a proof checks.
 *
 * @param id stable for ever, so that reports can be compared: area and number, such as {@code LOG-1}
 * @param area its area
 * @param sentence a sentence that is either true or false
 * @param interval the time between two drills
 * @param limit the time limit of a drill
 */
public record Claim(String id, Area area, String sentence, Duration interval, Duration limit) {

    /** A claim whose drill takes seconds. */
    public Claim(String id, Area area, String sentence, Duration interval) {
        this(id, area, sentence, interval, Duration.ofSeconds(60));
    }

    /** Returns the same claim with another interval. */
    Claim every(Duration other) {
        return new Claim(id, area, sentence, other, limit);
    }
}
