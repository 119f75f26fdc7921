package dev.sidecar.proofs.performance;

import dev.sidecar.settings.InvalidSetting;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Budgets of the observability stack.
 *
 * @param memoryBudget memory budget of the whole observability stack
 * @param cpuBudget CPU budget of the whole observability stack, in percent of the machine
 * @param cpuWindow time over which CPU use is averaged; the proof is inconclusive until it has passed
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
