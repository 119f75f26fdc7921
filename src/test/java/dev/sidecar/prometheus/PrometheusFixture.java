package dev.sidecar.prometheus;

import java.net.URI;
import java.time.Duration;
import java.util.Set;

/** Makes the client for tests of other packages. */
public final class PrometheusFixture {

    private PrometheusFixture() {}

    public static Prometheus at(URI address, Set<String> expectedTargets, Set<String> bornAtFirstEvent) {
        return new Prometheus(new PrometheusProperties(
                address, "admin", null, Duration.ofSeconds(30), expectedTargets, bornAtFirstEvent));
    }
}
