package dev.sidecar.sets;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Which schedule a backup belongs to; each has a retention of its own. */
public enum Generation {
    /** Every day. */
    DAILY,
    /** Every week. */
    WEEKLY,
    /** Every month. */
    MONTHLY,
    /** Somebody asked for it; kept until somebody deletes it. */
    MANUAL;

    /** As written in ids, metrics, JSON and commands: lower case. */
    @JsonValue
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException if there is no such generation */
    @JsonCreator
    public static Generation of(String label) {
        return valueOf(label.toUpperCase(Locale.ROOT));
    }
}
