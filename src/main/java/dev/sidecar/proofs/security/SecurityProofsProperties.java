package dev.sidecar.proofs.security;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the proofs of security look at.
 *
 * @param redis host and port of Redis, whose password is tried; blank for none
 * @param preflightReport what preflight wrote about the stack; absent without a stack
 */
@ConfigurationProperties("sidecar.proofs")
record SecurityProofsProperties(
        @DefaultValue("") String redis, @Nullable Path preflightReport) {}
