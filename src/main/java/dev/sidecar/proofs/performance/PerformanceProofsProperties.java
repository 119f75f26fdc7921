package dev.sidecar.proofs.performance;

import dev.sidecar.settings.InvalidSetting;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What watching may cost.
 *
 * @param memoryBudget what the observability parts may use in memory, all together
 * @param cpuBudget what they may use of the machine's processors, all together, in percent
 * @param cpuWindow over how long that is averaged; it is not judged before
 */
@ConfigurationProperties("sidecar.proofs")
record PerformanceProofsProperties(
        @DefaultValue("800MB") DataSize memoryBudget,
        @DefaultValue("2") double cpuBudget,
        @DefaultValue("10m") Duration cpuWindow) {

    PerformanceProofsProperties {
        InvalidSetting.unless(cpuBudget > 0, "sidecar.proofs.cpu-budget", cpuBudget, "be a percentage above 0");
        InvalidSetting.unless(
                cpuWindow.compareTo(Duration.ofSeconds(5)) >= 0,
                "sidecar.proofs.cpu-window",
                cpuWindow,
                "be 5s or longer");
    }
}
