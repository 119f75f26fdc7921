package dev.sidecar.proofs;

import dev.sidecar.peers.Peer;
import dev.sidecar.settings.InvalidSetting;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What the drills expect.
 *
 * @param atOnce how many drills may run at the same time
 * @param intervals another interval for a proof, by its id
 * @param edgeUrl an address of the API through the edge, requested by drills; without it drills that need a request do not apply
 * @param crossed the services whose lines one such request must leave
 * @param logSources the values of the label source that must deliver lines, with the greatest age of the newest
 * @param retention how long Loki and Prometheus must be set to keep what they have
 * @param redis host and port of Redis, whose password is tried; blank for none
 * @param preflightReport what preflight wrote about the stack; absent without a stack
 * @param routeDrillsPerDay how many drills of alert routes may go to real people within a day
 * @param memoryBudget what the observability parts may use in memory, all together
 * @param cpuBudget what they may use of the machine's processors, all together, in percent
 * @param cpuWindow over how long that is averaged; it is not judged before
 */
@ConfigurationProperties("sidecar.proofs")
record ProofsProperties(
        @DefaultValue("3") int atOnce,
        @DefaultValue Map<String, Duration> intervals,
        @Nullable URI edgeUrl,
        @DefaultValue List<String> crossed,
        @DefaultValue Map<String, Duration> logSources,
        @DefaultValue("30d") Duration retention,
        @DefaultValue("") String redis,
        @Nullable Path preflightReport,
        @DefaultValue("30") int routeDrillsPerDay,
        @DefaultValue("800MB") DataSize memoryBudget,
        @DefaultValue("2") double cpuBudget,
        @DefaultValue("10m") Duration cpuWindow) {

    ProofsProperties {
        if (edgeUrl != null && edgeUrl.toString().isBlank()) {
            edgeUrl = null;
        }
        Peer.requireAddress("sidecar.proofs.edge-url", edgeUrl);
        InvalidSetting.unless(atOnce > 0 && atOnce <= 20, "sidecar.proofs.at-once", atOnce, "be a number from 1 to 20");
        intervals.forEach((proof, interval) -> InvalidSetting.unless(
                interval.compareTo(Duration.ofSeconds(10)) >= 0,
                "sidecar.proofs.intervals." + proof,
                interval,
                "be 10s or longer"));
        InvalidSetting.unless(
                routeDrillsPerDay >= 0, "sidecar.proofs.route-drills-per-day", routeDrillsPerDay, "be 0 or more");
        InvalidSetting.unless(cpuBudget > 0, "sidecar.proofs.cpu-budget", cpuBudget, "be a percentage above 0");
        InvalidSetting.unless(
                cpuWindow.compareTo(Duration.ofSeconds(5)) >= 0,
                "sidecar.proofs.cpu-window",
                cpuWindow,
                "be 5s or longer");
    }

    Duration intervalOf(Claim claim) {
        return intervals.getOrDefault(
                claim.id(), intervals.getOrDefault(claim.id().toLowerCase(java.util.Locale.ROOT), claim.interval()));
    }
}
