package dev.sidecar.grafana;

import dev.sidecar.secrets.Secret;
import java.net.URI;
import java.time.Duration;

/** The room's entry as other rooms' tests need it. */
public final class TestGrafana {

    private TestGrafana() {}

    public static Grafana at(URI address) {
        return new Grafana(
                new GrafanaProperties(address, "admin", Secret.of("secret"), null, Duration.ofSeconds(2), address));
    }
}
