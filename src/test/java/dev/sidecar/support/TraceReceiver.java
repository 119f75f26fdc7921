package dev.sidecar.support;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;

/** A receiver of OTLP over HTTP that reads what it gets as the specification has it. */
public final class TraceReceiver implements AutoCloseable {

    /** All that arrived, in order; nothing of what was refused. */
    public final List<Received> spans = new CopyOnWriteArrayList<>();

    public final List<String> authorizations = new CopyOnWriteArrayList<>();
    public final AtomicInteger requests = new AtomicInteger();
    private final HttpServer server;
    private volatile int status = 200;
    private volatile CountDownLatch hold = new CountDownLatch(0);

    /** One span with what is around it. */
    public record Received(Span span, Map<String, String> attributes, Map<String, String> resource) {

        public String traceId() {
            return hex(span.getTraceId().toByteArray());
        }

        public String spanId() {
            return hex(span.getSpanId().toByteArray());
        }

        /** Empty for the first span of a trace. */
        public String parentId() {
            return hex(span.getParentSpanId().toByteArray());
        }

        private static String hex(byte[] id) {
            return HexFormat.of().formatHex(id);
        }
    }

    public TraceReceiver() {
        this(0);
    }

    public TraceReceiver(int port) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 50);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "trace-receiver");
            thread.setDaemon(true);
            return thread;
        }));
        server.createContext("/v1/traces", this::receive);
        server.start();
    }

    public String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /** Answers with this status from now on. */
    public void answer(int code) {
        status = code;
    }

    /** Answers nothing until the returned latch is counted down. */
    public CountDownLatch hold() {
        hold = new CountDownLatch(1);
        return hold;
    }

    private void receive(HttpExchange exchange) throws IOException {
        requests.incrementAndGet();
        try (exchange;
                InputStream body = exchange.getRequestBody()) {
            boolean zipped = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
            var request = ExportTraceServiceRequest.parseFrom(zipped ? new GZIPInputStream(body) : body);
            authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            hold.await();
            if (status == 200) {
                keep(request);
            }
            exchange.sendResponseHeaders(status, -1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void keep(ExportTraceServiceRequest request) {
        request.getResourceSpansList()
                .forEach(resource -> resource.getScopeSpansList()
                        .forEach(scope -> scope.getSpansList()
                                .forEach(span -> spans.add(new Received(
                                        span,
                                        values(span.getAttributesList()),
                                        values(resource.getResource().getAttributesList()))))));
    }

    private static Map<String, String> values(List<KeyValue> attributes) {
        Map<String, String> values = new TreeMap<>();
        for (KeyValue attribute : attributes) {
            AnyValue value = attribute.getValue();
            values.put(
                    attribute.getKey(),
                    value.hasStringValue() ? value.getStringValue() : Long.toString(value.getIntValue()));
        }
        return values;
    }

    @Override
    public void close() {
        hold.countDown();
        server.stop(0);
    }
}
