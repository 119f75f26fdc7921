package dev.sidecar.farend;

import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.Identity;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Makes the client for tests of other packages. */
public final class FarEndFixture {

    private FarEndFixture() {}

    /** @param address null if nobody said where it is */
    public static FarEnd at(
            @Nullable URI address, @Nullable String token, @Nullable String tenant, String host, Duration limit) {
        return FarEndConfiguration.farEnd(
                new FarEndProperties(
                        address, address, null, null, token == null ? null : Secret.of(token), tenant, "X-Scope-OrgID"),
                new Identity("staging", host, "sidecar", "staging"),
                limit);
    }

    /** Exports its value. */
    public static FarEnd exported(FarEnd farEnd, MeterRegistry registry) {
        new FarEndConfiguration().farEndWritten(farEnd).bindTo(registry);
        return farEnd;
    }
}
