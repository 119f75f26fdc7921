package dev.sidecar.proofs.logging;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the proofs of logging expect.
 *
 * @param crossed the services whose lines one request through the edge must leave
 * @param logSources the values of the label source that must deliver lines, with the greatest age of the newest
 * @param retention how long Loki must be set to keep lines
 */
@ConfigurationProperties("sidecar.proofs")
record LoggingProofsProperties(
        @DefaultValue List<String> crossed,
        @DefaultValue Map<String, Duration> logSources,
        @DefaultValue("30d") Duration retention) {}
