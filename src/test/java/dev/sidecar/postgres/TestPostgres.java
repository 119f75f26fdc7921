package dev.sidecar.postgres;

import dev.sidecar.support.BoundSettings;
import java.util.Map;

/** The room's entry as other rooms' tests need it. */
public final class TestPostgres {

    private TestPostgres() {}

    public static Postgres of(Map<String, ?> settings) {
        return new Postgres(BoundSettings.ofBackup(settings, PostgresProperties.class));
    }
}
