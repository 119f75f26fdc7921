package dev.sidecar.probes;

import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param endpoints what only Alertmanager sends to, each as {@code name=https://host}; preflight writes them, without what is secret in an
 *     address
 */
@ConfigurationProperties("sidecar.probes")
record ProbesProperties(@DefaultValue({}) List<String> endpoints) {}
