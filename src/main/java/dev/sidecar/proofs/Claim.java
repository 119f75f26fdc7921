package dev.sidecar.proofs;

import java.time.Duration;

/**
 * What must hold.
 *
 * @param id stable for ever, so that reports can be compared: area and number, such as {@code LOG-1}
 * @param area what it is about
 * @param sentence what must hold, as a sentence that can be true or false
 * @param interval how often it is drilled
 * @param limit how long a drill may take
 */
public record Claim(String id, Area area, String sentence, Duration interval, Duration limit) {

    /** A claim whose drill takes seconds. */
    public Claim(String id, Area area, String sentence, Duration interval) {
        this(id, area, sentence, interval, Duration.ofSeconds(60));
    }

    /** The same claim, drilled at another interval. */
    Claim every(Duration other) {
        return new Claim(id, area, sentence, other, limit);
    }
}
