package dev.sidecar.logs;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** Registers the meters of log lines. They read counts that start with the first line, before there is a registry. */
final class LogMetrics {

    LogMetrics(MeterRegistry registry, LineAppender lines) {
        output(registry, "stdout", lines, LineAppender::stdoutCounts);
        output(registry, "loki", lines, LineAppender::lokiCounts);
        for (LokiTrouble.Loss loss : LokiTrouble.Loss.values()) {
            FunctionCounter.builder("sidecar.log.batches.lost", lines, from -> from.lostBatches(loss))
                    .description("Batches of log lines that Loki will never have")
                    .tag("reason", loss.label())
                    .register(registry);
        }
    }

    private static void output(
            MeterRegistry registry,
            String output,
            LineAppender lines,
            java.util.function.Function<LineAppender, LineCounts> counts) {
        lines(registry, output, "delivered", lines, from -> counts.apply(from).delivered());
        lines(registry, output, "dropped", lines, from -> counts.apply(from).dropped());
        lines(registry, output, "refused", lines, from -> counts.apply(from).refused());
        lines(registry, output, "failed", lines, from -> counts.apply(from).failed());
        Gauge.builder(
                        "sidecar.log.lines.waiting",
                        lines,
                        from -> counts.apply(from).waiting())
                .description("Log lines taken and not yet delivered")
                .tag("output", output)
                .register(registry);
    }

    private static void lines(
            MeterRegistry registry,
            String output,
            String outcome,
            LineAppender lines,
            ToDoubleFunction<LineAppender> count) {
        FunctionCounter.builder("sidecar.log.lines", lines, count)
                .description("Log lines by what became of them")
                .tag("output", output)
                .tag("outcome", outcome)
                .register(registry);
    }
}
