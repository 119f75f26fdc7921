package dev.sidecar.proofs.security;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the proofs of security.
 *
 * @param redis host and port of Redis, whose password is tested; blank for none
 * @param preflightReport the report that preflight wrote; absent without a stack
 */
@ConfigurationProperties("sidecar.proofs")
record SecurityProofsProperties(
        @DefaultValue("") String redis, @Nullable Path preflightReport) {}
