/** Proves that log lines arrive, can be found and are kept. */
@NullMarked
@ApplicationModule(
        allowedDependencies = {
            "hosts",
            "gateway",
            "loki",
            "peers",
            "prometheus",
            "proofs",
            "requests",
            "settings",
            "tempo",
            "text"
        })
package dev.sidecar.proofs.logging;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
