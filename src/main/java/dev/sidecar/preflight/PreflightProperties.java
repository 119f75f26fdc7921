package dev.sidecar.preflight;

import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the directories that preflight reads and writes. The defaults are the mounts of the compose stack; only tests change them.
 *
 * @param given directory with one file per given secret; read only
 * @param secrets directory with one directory per service, each mounted in that service alone
 * @param config directory with one directory per service whose configuration is rendered
 * @param stack the configuration directories of the clone; read only
 */
@ConfigurationProperties("sidecar.preflight")
record PreflightProperties(
        @DefaultValue("/run/given") Path given,
        @DefaultValue("/run/secrets") Path secrets,
        @DefaultValue("/run/config") Path config,
        @DefaultValue("/stack") Path stack) {}
