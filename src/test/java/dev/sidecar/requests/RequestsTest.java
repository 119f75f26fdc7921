package dev.sidecar.requests;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class RequestsTest {

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final Logger access = (Logger) LoggerFactory.getLogger("access");

    @BeforeEach
    void listen() {
        lines.start();
        access.addAppender(lines);
    }

    @AfterEach
    void stopListening() {
        access.detachAppender(lines);
    }

    @Test
    void aRequestIsCountedMeasuredAndLoggedOnce() {
        Requests requests = new Requests(registry, "sidecar.gateway", Tags.of("upstream", "api"));
        requests.started();
        assertThat(registry.scrape()).contains("sidecar_gateway_requests_in_flight{upstream=\"api\"} 1.0\n");
        requests.ended(
                new Call("i-1", "GET", "/orders/1", "192.0.2.1", "curl/8", null),
                "/orders/{id}",
                new Answer(503, TimeUnit.MICROSECONDS.toNanos(12_345), 10, 2_000));

        assertThat(registry.scrape())
                .contains(
                        "sidecar_gateway_requests_in_flight{upstream=\"api\"} 0.0\n",
                        "sidecar_gateway_requests_seconds_count{method=\"GET\",route=\"/orders/{id}\",status=\"503\",upstream=\"api\"} 1\n",
                        "sidecar_gateway_requests_seconds_bucket{method=\"GET\",route=\"/orders/{id}\",status=\"503\",upstream=\"api\",le=\"0.01\"} 0\n",
                        "sidecar_gateway_requests_seconds_bucket{method=\"GET\",route=\"/orders/{id}\",status=\"503\",upstream=\"api\",le=\"0.025\"} 1\n",
                        "sidecar_gateway_request_bytes_sum{upstream=\"api\"} 10.0\n",
                        "sidecar_gateway_response_bytes_sum{upstream=\"api\"} 2000.0\n");
        assertThat(lines.list).hasSize(1);
        assertThat(fields(lines.list.get(0)))
                .isEqualTo("request_id=i-1 method=GET route=/orders/{id} path=/orders/1 status=503 duration_ms=12.345"
                        + " client_ip=192.0.2.1 bytes_in=10 bytes_out=2000 user_agent=curl/8");
        assertThat(lines.list.get(0).getMessage()).isEqualTo("request served");
    }

    /** The alerts about guessed passwords and floods watch users. */
    @Test
    void whoeverCallsHimselfAProbeIsAUserWhenHeIsRefused() {
        Requests requests = new Requests(registry, "sidecar.gateway", Tags.empty(), true);
        for (int status : List.of(200, 404, 500, 401, 403, 429)) {
            requests.started();
            requests.ended(
                    new Call("i", "GET", "/login", "192.0.2.1", "kube-probe/1.30", null),
                    "/login",
                    Asker.PROBE,
                    new Answer(status, 1, 0, 0));
        }

        assertThat(registry.scrape().lines().filter(line -> line.matches("sidecar_gateway_requests_seconds_count.* 1")))
                .map(line -> line.replaceAll(".*client=\"(\\w+)\".*status=\"(\\w+)\".*", "$1 $2"))
                .containsExactlyInAnyOrder("probe 2xx", "probe 404", "probe 5xx", "user 401", "user 403", "user 429");
    }

    @Test
    void aSampledTraceIsInTheLineAndAtTheHistogram() {
        PrometheusMeterRegistry withTraces = new PrometheusMeterRegistry(
                PrometheusConfig.DEFAULT, new PrometheusRegistry(), Clock.SYSTEM, new Exemplars());
        Requests requests = new Requests(withTraces, "sidecar.gateway", Tags.empty());
        TraceContext sampled = TraceContext.begin(1);
        TraceContext other = TraceContext.begin(0);
        // Series of their own: of one, an exemplar is taken now and then.
        for (TraceContext trace : List.of(other, sampled)) {
            requests.started();
            requests.ended(
                    new Call("i", "GET", "/", "::1", null, trace),
                    trace.sampled() ? "/sampled" : "/other",
                    new Answer(200, 1, 0, 0));
        }

        assertThat(withTraces.scrape("application/openmetrics-text; version=1.0.0; charset=utf-8"))
                .contains("# {span_id=\"" + sampled.spanId() + "\",trace_id=\"" + sampled.traceId() + "\"}")
                .doesNotContain(other.traceId());
        assertThat(lines.list).extracting(RequestsTest::fields).satisfies(both -> {
            assertThat(both.get(0)).contains(" trace_id=" + other.traceId() + " span_id=" + other.spanId());
            assertThat(both.get(1)).contains(" trace_id=" + sampled.traceId() + " span_id=" + sampled.spanId());
        });
    }

    @Test
    void aLineIsShortWhateverTheRequest() {
        Requests requests = new Requests(registry, "sidecar.gateway", Tags.empty());
        String endless = "X".repeat(30_000);
        requests.started();
        requests.ended(
                new Call("i".repeat(128), endless, "/" + endless, "::1", endless, null),
                "OTHER",
                new Answer(200, 1, 0, 0));

        assertThat(fields(lines.list.get(0)) + " ")
                .containsPattern(" method=X{32} ")
                .containsPattern(" path=/X{1023} ")
                .containsPattern(" user_agent=X{1024} ");
    }

    @Test
    void theFamilyExistsBeforeTheFirstRequestWithElevenBuckets() {
        new Requests(registry, "sidecar.gateway", Tags.of("upstream", "api"));

        assertThat(registry.scrape().lines().filter(line -> line.startsWith("sidecar_gateway_requests_seconds_bucket")))
                .hasSize(11 + 1);
    }

    @Test
    void statusesOfAlarmsStandAloneAndMethodsAreBounded() {
        Requests requests = new Requests(registry, "sidecar.control", Tags.empty());
        for (int status = 100; status < 1000; status++) {
            requests.started();
            requests.ended(new Call("i", "M" + status, "/", "::1", null, null), "/", new Answer(status, 1, 0, 0));
        }
        assertThat(registry.find("sidecar.control.requests").timers().stream()
                        .map(timer -> timer.getId().getTag("status"))
                        .collect(Collectors.toSet()))
                .containsExactlyInAnyOrder(
                        "1xx", "2xx", "3xx", "4xx", "401", "403", "404", "429", "5xx", "502", "503", "504");
        assertThat(registry.find("sidecar.control.requests").timers().stream()
                        .map(timer -> timer.getId().getTag("method"))
                        .collect(Collectors.toSet()))
                .containsExactlyInAnyOrder("GET", "OTHER");
    }

    @Test
    void whatAClientSaysOfItselfIsCutShort() {
        Requests requests = new Requests(registry, "sidecar.control", Tags.empty());
        requests.started();
        requests.ended(
                new Call("i", "GET", "/" + "x".repeat(10_000), "::1", "y".repeat(10_000), null),
                "/",
                new Answer(200, 1, 0, 0));

        assertThat(fields(lines.list.get(0))).hasSizeLessThan(2_500);
    }

    private static String fields(ILoggingEvent event) {
        return event.getKeyValuePairs().stream()
                .map(pair -> pair.key + "=" + pair.value)
                .collect(Collectors.joining(" "));
    }
}
