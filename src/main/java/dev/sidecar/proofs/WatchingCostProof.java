package dev.sidecar.proofs;

import dev.sidecar.rules.Prometheus;
import dev.sidecar.rules.Sample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

final class WatchingCostProof implements Proof {

    private static final String PARTS =
            "job=~\"prometheus|alertmanager|loki|alloy|grafana|node|postgres|redis|nginx|blackbox\"";

    private final Prometheus prometheus;
    private final ProofsProperties budget;

    WatchingCostProof(Prometheus prometheus, ProofsProperties properties) {
        this.prometheus = prometheus;
        this.budget = properties;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "PRF-1",
                Area.PERFORMANCE,
                "Watching stays within its budget of memory and processor time.",
                Duration.ofMinutes(15));
    }

    @Override
    public Finding prove() {
        List<Sample> memory =
                new ArrayList<>(prometheus.query("sum by (job) (process_resident_memory_bytes{" + PARTS + "})"));
        memory.addAll(prometheus.query("sum by (job) (sidecar_process_resident_bytes)"));
        OptionalDouble cpu = prometheus.value("100 * (sum(rate(process_cpu_seconds_total{" + PARTS
                + "}[10m])) + (sum(rate(process_cpu_time_ns_total{job=\"sidecar\"}[10m])) or vector(0)) / 1e9)"
                + " / scalar(count(count by (cpu) (node_cpu_seconds_total)))");
        if (memory.isEmpty() || cpu.isEmpty()) {
            return Finding.inconclusive("The parts' own process metrics are not in Prometheus yet.");
        }
        double bytes = memory.stream().mapToDouble(Sample::value).sum();
        return Finding.heldIf(
                        bytes <= budget.memoryBudget().toBytes() && cpu.getAsDouble() <= budget.cpuBudget(),
                        "%s of %s in memory, %.1f of %.1f %% of the machine's processors over 10 minutes.",
                        Words.bytes(bytes),
                        Words.bytes(budget.memoryBudget().toBytes()),
                        cpu.getAsDouble(),
                        budget.cpuBudget())
                .with(memory.stream()
                        .sorted(Comparator.comparing(Sample::value).reversed())
                        .map(part -> part.labels().get("job") + ": " + Words.bytes(part.value()))
                        .toList());
    }
}
