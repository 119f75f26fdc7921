package dev.sidecar.requests;

import io.prometheus.metrics.tracer.common.SpanContext;
import org.jspecify.annotations.Nullable;

/** Tells the histogram of durations which trace a measured request belongs to, so that a slow bucket leads to a slow request. */
public final class Exemplars implements SpanContext {

    private static final ThreadLocal<@Nullable TraceContext> CURRENT = new ThreadLocal<>();

    /** Runs a measurement of a request that belongs to a trace. */
    static void during(@Nullable TraceContext trace, Runnable measurement) {
        if (trace == null) {
            measurement.run();
            return;
        }
        CURRENT.set(trace);
        try {
            measurement.run();
        } finally {
            CURRENT.remove();
        }
    }

    @Override
    public @Nullable String getCurrentTraceId() {
        TraceContext trace = CURRENT.get();
        return trace == null ? null : trace.traceId();
    }

    @Override
    public @Nullable String getCurrentSpanId() {
        TraceContext trace = CURRENT.get();
        return trace == null ? null : trace.spanId();
    }

    /** Only of a sampled trace is there more to find than its log lines. */
    @Override
    public boolean isCurrentSpanSampled() {
        TraceContext trace = CURRENT.get();
        return trace != null && trace.sampled();
    }

    @Override
    public void markCurrentSpanAsExemplar() {
        // Whether a span is kept is decided when its trace begins.
    }
}
