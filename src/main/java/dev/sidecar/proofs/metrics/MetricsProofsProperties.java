package dev.sidecar.proofs.metrics;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param retention how long Prometheus must be set to keep samples
 */
@ConfigurationProperties("sidecar.proofs")
record MetricsProofsProperties(@DefaultValue("30d") Duration retention) {}
