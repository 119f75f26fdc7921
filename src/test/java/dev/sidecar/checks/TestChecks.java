package dev.sidecar.checks;

import dev.sidecar.support.BoundSettings;
import java.util.Map;
import org.springframework.boot.context.properties.bind.DefaultValue;

/** The room's entry as other rooms' tests need it. */
public final class TestChecks {

    private TestChecks() {}

    record OfBackup(@DefaultValue ChecksProperties checks) {}

    /** @param settings by their names below {@code sidecar.backup} */
    public static OwnChecks of(Map<String, ?> settings) {
        return new OwnChecks(BoundSettings.ofBackup(settings, OfBackup.class).checks());
    }
}
