package dev.sidecar.traces;

import dev.sidecar.requests.TraceContext;
import io.opentelemetry.sdk.trace.IdGenerator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Gives a span the ids that the request's log line and the API already have. */
final class GivenIds implements IdGenerator {

    private final ThreadLocal<@Nullable TraceContext> current = new ThreadLocal<>();

    void during(TraceContext trace, Runnable work) {
        current.set(trace);
        try {
            work.run();
        } finally {
            current.remove();
        }
    }

    @Override
    public String generateSpanId() {
        return trace().spanId();
    }

    @Override
    public String generateTraceId() {
        return trace().traceId();
    }

    private TraceContext trace() {
        return Objects.requireNonNull(current.get(), "no request is being described");
    }
}
