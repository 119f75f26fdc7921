package dev.sidecar.traces;

import dev.sidecar.requests.Answer;
import dev.sidecar.requests.Asker;
import dev.sidecar.requests.Call;
import dev.sidecar.requests.TraceContext;
import dev.sidecar.settings.Identity;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanLimits;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Clock;
import java.time.Instant;
import java.util.Set;

/**
 * Describes each sampled request as a span, by the names of OpenTelemetry's conventions for HTTP servers. Of what a client sends it holds
 * the method and the path, both shortened, and nothing else: no query, no header.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/http/http-spans/">conventions</a>
 */
final class OtlpSpans implements Spans {

    private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
    private static final AttributeKey<String> METHOD_AS_SENT = AttributeKey.stringKey("http.request.method_original");
    private static final AttributeKey<String> ROUTE = AttributeKey.stringKey("http.route");
    private static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");
    private static final AttributeKey<Long> BYTES_IN = AttributeKey.longKey("http.request.body.size");
    private static final AttributeKey<Long> BYTES_OUT = AttributeKey.longKey("http.response.body.size");
    private static final AttributeKey<String> PATH = AttributeKey.stringKey("url.path");
    private static final AttributeKey<String> SCHEME = AttributeKey.stringKey("url.scheme");
    private static final AttributeKey<String> SERVER = AttributeKey.stringKey("server.address");
    private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
    private static final AttributeKey<String> CLIENT = AttributeKey.stringKey("sidecar.client");

    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY");
    private static final int LONGEST_TEXT = 1024;
    private static final int LONGEST_METHOD = 32;
    private static final int FAILED = 500;
    private static final int REFUSED = 400;

    private final GivenIds ids = new GivenIds();
    private final SpanQueue queue;
    private final SdkTracerProvider provider;
    private final Tracer tracer;
    private final Clock clock;
    private final String host;

    private OtlpSpans(SpanQueue queue, Identity identity, Clock clock) {
        this.queue = queue;
        this.clock = clock;
        this.host = identity.host();
        this.provider = SdkTracerProvider.builder()
                .setIdGenerator(ids)
                // Whether a trace is sampled was decided with its first span; the others are not even described.
                .setSampler(Sampler.alwaysOn())
                .setSpanLimits(SpanLimits.builder()
                        .setMaxAttributeValueLength(LONGEST_TEXT)
                        .build())
                .setResource(Resource.create(Attributes.of(
                        AttributeKey.stringKey("service.name"),
                        "gateway",
                        AttributeKey.stringKey("service.namespace"),
                        identity.stack(),
                        AttributeKey.stringKey("host.name"),
                        identity.host(),
                        AttributeKey.stringKey("deployment.environment.name"),
                        identity.environment())))
                .addSpanProcessor(queue)
                .build();
        this.tracer = provider.get("dev.sidecar.gateway");
    }

    static Spans start(SpanDestination to, Identity identity, Clock clock, SpanMetrics metrics) {
        return new OtlpSpans(new SpanQueue(to.queue(), new SpanDelivery(to), metrics), identity, clock);
    }

    @Override
    public void ended(Call call, String route, Asker asker, Answer answer) {
        TraceContext trace = call.trace();
        if (trace != null && trace.sampled()) {
            ids.during(trace, () -> describe(trace, call, route, asker, answer));
        }
    }

    private void describe(TraceContext trace, Call call, String route, Asker asker, Answer answer) {
        boolean known = METHODS.contains(call.method());
        boolean template = route.startsWith("/");
        String method = known ? call.method() : "HTTP";
        Instant end = clock.instant();
        SpanBuilder span = tracer.spanBuilder(template ? method + " " + route : method)
                .setSpanKind(SpanKind.SERVER)
                .setStartTimestamp(end.minusNanos(answer.nanos()))
                .setAttribute(METHOD, known ? call.method() : "_OTHER")
                .setAttribute(PATH, call.path())
                .setAttribute(SCHEME, "http")
                .setAttribute(SERVER, host)
                .setAttribute(STATUS, (long) answer.status())
                .setAttribute(BYTES_IN, answer.bytesIn())
                .setAttribute(BYTES_OUT, answer.bytesOut())
                .setAttribute(CLIENT, asker.label());
        if (trace.parentId() == null) {
            span.setNoParent();
        } else {
            span.setParent(Context.root()
                    .with(Span.wrap(SpanContext.createFromRemoteParent(
                            trace.traceId(), trace.parentId(), TraceFlags.getSampled(), TraceState.getDefault()))));
        }
        if (!known) {
            span.setAttribute(METHOD_AS_SENT, shortened(call.method()));
        }
        if (template) {
            span.setAttribute(ROUTE, route);
        }
        Span started = span.startSpan();
        judge(started, answer);
        started.end(end);
    }

    /** A client's mistake is no failure of the server, but what the gateway ended has a name either way. */
    private static void judge(Span span, Answer answer) {
        String failure = answer.failure();
        boolean failed = answer.status() >= FAILED || failure != null && answer.status() < REFUSED;
        if (failure != null) {
            span.setAttribute(ERROR, failure);
        } else if (failed) {
            span.setAttribute(ERROR, Integer.toString(answer.status()));
        }
        if (failed) {
            span.setStatus(StatusCode.ERROR);
        }
    }

    private static String shortened(String method) {
        return method.length() <= LONGEST_METHOD ? method : method.substring(0, LONGEST_METHOD);
    }

    @Override
    public void close() {
        queue.close();
        provider.close();
    }
}
