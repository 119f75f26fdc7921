package dev.sidecar.proofs.logging;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the proofs of logging.
 *
 * @param crossed services that must log each request through the edge
 * @param traced services that must have a span in the trace of a request through the gateway, and log lines that name it
 * @param logSources values of the label {@code source} that must deliver lines, each with the greatest age of its newest line
 * @param retention retention that Loki must be configured with
 */
@ConfigurationProperties("sidecar.proofs")
record LoggingProofsProperties(
        @DefaultValue List<String> crossed,

        @DefaultValue("gateway") List<String> traced,

        @DefaultValue Map<String, Duration> logSources,
        @DefaultValue("30d") Duration retention) {}
