package dev.sidecar.traces;

import dev.sidecar.requests.Answer;
import dev.sidecar.requests.Asker;
import dev.sidecar.requests.Call;
import dev.sidecar.settings.Identity;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import org.jspecify.annotations.Nullable;

/** Takes the requests that ended and sends the sampled ones as spans. Any thread may call it; it never waits. */
public interface Spans extends AutoCloseable {

    /** Takes a request that ended a moment ago. @param route a template out of a bounded set */
    void ended(Call call, String route, Asker asker, Answer answer);

    /** Sends what waits, for a short time. */
    @Override
    void close();

    /** Starts sending; loads and starts nothing where there is no destination. @param to null for none */
    static Spans to(@Nullable SpanDestination to, Identity identity, Clock clock, MeterRegistry registry, Tags tags) {
        SpanMetrics metrics = new SpanMetrics(registry, tags);
        return to == null ? new NoSpans() : OtlpSpans.start(to, identity, clock, metrics);
    }
}
