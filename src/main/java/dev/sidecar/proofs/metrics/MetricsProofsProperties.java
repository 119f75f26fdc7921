package dev.sidecar.proofs.metrics;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the proofs of metrics.
 *
 * @param retention retention that Prometheus must be configured with
 */
@ConfigurationProperties("sidecar.proofs")
record MetricsProofsProperties(@DefaultValue("30d") Duration retention) {}
