package dev.sidecar.sets;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** The schedule a backup belongs to; each has its own retention. */
public enum Generation {
    /** Taken every day. */
    DAILY,
    /** Taken every week. */
    WEEKLY,
    /** Taken every month. */
    MONTHLY,
    /** Taken on demand; kept until somebody deletes it. */
    MANUAL;

    /** Returns the name in lower case, as ids, metrics, JSON and commands write it. */
    @JsonValue
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Parses a label. @throws IllegalArgumentException if there is no such generation */
    @JsonCreator
    public static Generation of(String label) {
        return valueOf(label.toUpperCase(Locale.ROOT));
    }
}
