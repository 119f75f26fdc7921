package dev.sidecar.proofs.performance;

import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.prometheus.Sample;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.text.Durations;
import dev.sidecar.text.Sizes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;

final class WatchingCostProof implements Proof {

    /**
     * The scrape jobs of the observability stack. Sidecar and gateway are measured apart. The blackbox exporter is scraped only
     * for its probes, so it cannot be counted; it is the smallest of them.
     */
    private static final List<String> PARTS =
            List.of("prometheus", "alertmanager", "loki", "alloy", "grafana", "node", "postgres", "redis", "nginx");

    /** The MB of the settings. */
    private static final double MEBI = 1024 * 1024;

    private static final String THEM = "job=~\"" + String.join("|", PARTS) + "\"";

    /**
     * The memory that Go's runtime holds. The resident set also counts pages of the program's file, which the kernel can reclaim at any
     * time: nearly twice what the control groups charge.
     */
    private static final String MEMORY = "(go_memstats_sys_bytes{" + THEM + "} - go_memstats_heap_released_bytes{"
            + THEM + "}) or process_resident_memory_bytes{" + THEM + "}";

    private final Prometheus prometheus;
    private final PerformanceProofsProperties budget;

    WatchingCostProof(Prometheus prometheus, PerformanceProofsProperties properties) {
        this.prometheus = prometheus;
        this.budget = properties;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "PRF-1",
                Area.PERFORMANCE,
                "The observability stack stays within its memory and CPU budget.",
                Duration.ofMinutes(15));
    }

    @Override
    public Finding prove() {
        List<Sample> memory = new ArrayList<>(prometheus.query("sum by (job) (" + MEMORY + ")"));
        memory.addAll(prometheus.query("sum by (job) (sidecar_process_resident_bytes)"));
        String window = budget.cpuWindow().toSeconds() + "s";
        OptionalDouble cpu = prometheus.value("100 * (sum(rate(process_cpu_seconds_total{" + THEM + "}[" + window
                + "])) + sum(rate(process_cpu_time_ns_total{job=~\"sidecar|gateway\"}[" + window
                + "])) / 1e9) / count(count by (cpu) (node_cpu_seconds_total{job!~\"satellite-.+\"}))");
        if (memory.isEmpty() || cpu.isEmpty()) {
            return Finding.inconclusive(
                    "Prometheus does not have the process metrics of the stack, or the number of CPUs (node exporter), yet.");
        }
        Set<String> unmeasured = new TreeSet<>(PARTS);
        unmeasured.addAll(List.of("sidecar", "gateway"));
        unmeasured.retainAll(prometheus.expectedTargets());
        memory.forEach(part -> unmeasured.remove(part.labels().get("job")));
        double bytes = memory.stream().mapToDouble(Sample::value).sum();
        String held = "%.0f of %d MiB in memory"
                .formatted(bytes / MEBI, budget.memoryBudget().toMegabytes());
        String over = Durations.of(budget.cpuWindow());
        if (bytes <= budget.memoryBudget().toBytes()
                && prometheus
                        .value("count(process_cpu_time_ns_total{job=\"sidecar\"} offset " + window + ")")
                        .isEmpty()) {
            // A rate over a longer time than has passed is too small.
            return Finding.inconclusive(
                    "%s. CPU use is averaged over %s, which has not passed since the start.", held, over);
        }
        String figures = "%s, %.1f of %.1f %% of the machine's CPUs over %s"
                .formatted(held, cpu.getAsDouble(), budget.cpuBudget(), over);
        boolean within = bytes <= budget.memoryBudget().toBytes() && cpu.getAsDouble() <= budget.cpuBudget();
        // Unmeasured parts cost something as well: a sum without them can break the budget but not prove it.
        Finding finding = within && !unmeasured.isEmpty()
                ? Finding.inconclusive(
                        "%s, without %s, which export no process metrics.", figures, Finding.list(unmeasured))
                : Finding.heldIf(within, "%s.", figures);
        return finding.with(memory.stream()
                .sorted(Comparator.comparing(Sample::value).reversed())
                .map(part -> part.labels().get("job") + ": " + Sizes.of(part.value()))
                .toList());
    }
}
