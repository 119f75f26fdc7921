package dev.sidecar.proofs;

import dev.sidecar.peers.Peer;
import dev.sidecar.settings.InvalidSetting;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of all drills; the settings of a single proof are in the room of its area.
 *
 * @param atOnce greatest number of drills that run at the same time
 * @param intervals another interval for a proof, by the proof's id
 * @param startingFor how long after the sidecar's start a proof that has not held yet counts as starting, not as broken
 * @param without proofs that are left out, each with the reason: {@code SEC-3=TLS ends at the load balancer; LOG-1, LOG-2=no logs}
 * @param edgeUrl URL of the API through the edge, which drills request; without it drills that need a request do not apply
 */
@ConfigurationProperties("sidecar.proofs")
record ProofsProperties(
        @DefaultValue("3") int atOnce,
        @DefaultValue Map<String, Duration> intervals,
        @DefaultValue("2m") Duration startingFor,
        @DefaultValue("") String without,
        @Nullable URI edgeUrl) {

    ProofsProperties {
        if (edgeUrl != null && edgeUrl.toString().isBlank()) {
            edgeUrl = null;
        }
        Peer.requireAddress("sidecar.proofs.edge-url", edgeUrl);
        InvalidSetting.unless(atOnce > 0 && atOnce <= 20, "sidecar.proofs.at-once", atOnce, "be a number from 1 to 20");
        InvalidSetting.unless(
                !startingFor.isNegative() && startingFor.compareTo(Duration.ofHours(1)) <= 0,
                "sidecar.proofs.starting-for",
                startingFor,
                "be 0s to 1h");
        intervals.forEach((proof, interval) -> InvalidSetting.unless(
                interval.compareTo(Duration.ofSeconds(10)) >= 0,
                "sidecar.proofs.intervals." + proof,
                interval,
                "be 10s or longer"));
    }

    Duration intervalOf(Claim claim) {
        return intervals.getOrDefault(
                claim.id(), intervals.getOrDefault(claim.id().toLowerCase(java.util.Locale.ROOT), claim.interval()));
    }
}
