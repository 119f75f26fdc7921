package dev.sample.shop;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.servlet.HandlerMapping;

/** Takes the request id that the gateway sent on, so that one search finds the lines of edge, gateway, API and database. */
final class RequestIdFilter extends OncePerRequestFilter {

    private static final Logger log = LoggerFactory.getLogger("access");
    private static final Pattern WELL_FORMED = Pattern.compile("[A-Za-z0-9._-]{1,128}");
    private static final String HEADER = "X-Request-ID";
    private static final String FIELD = "request_id";
    private static final Pattern TRACE_PARENT = Pattern.compile("00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}");
    private static final String TRACE_HEADER = "traceparent";
    private static final String TRACE_FIELD = "trace_id";

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String given = request.getHeader(HEADER);
        String id = given != null && WELL_FORMED.matcher(given).matches()
                ? given
                : UUID.randomUUID().toString();
        response.setHeader(HEADER, id);
        MDC.put(FIELD, id);
        traceId(request).ifPresent(trace -> MDC.put(TRACE_FIELD, trace));
        long start = System.nanoTime();
        try {
            chain.doFilter(request, response);
        } finally {
            // Health checks of the container and scrapes would drown the rest; who comes through the gateway is logged.
            if (given != null || !request.getRequestURI().startsWith("/actuator")) {
                logAccess(request, response, System.nanoTime() - start);
            }
            MDC.remove(FIELD);
            MDC.remove(TRACE_FIELD);
        }
    }

    /** The gateway sends it with each request, whether spans are made here or not. */
    private static Optional<String> traceId(HttpServletRequest request) {
        String given = request.getHeader(TRACE_HEADER);
        Matcher trace = TRACE_PARENT.matcher(given == null ? "" : given);
        return trace.matches() ? Optional.of(trace.group(1)) : Optional.empty();
    }

    private static void logAccess(HttpServletRequest request, HttpServletResponse response, long nanos) {
        Object route = request.getAttribute(HandlerMapping.BEST_MATCHING_PATTERN_ATTRIBUTE);
        log.atInfo()
                .addKeyValue("method", request.getMethod())
                .addKeyValue("route", route == null ? "NOT_FOUND" : route.toString())
                .addKeyValue("path", request.getRequestURI())
                .addKeyValue("status", response.getStatus())
                .addKeyValue("duration_ms", nanos / 10_000 / 100.0)
                .addKeyValue("client_ip", request.getRemoteAddr())
                .addKeyValue("user_agent", request.getHeader("User-Agent"))
                .log("request served");
    }

    /** The beginning of a statement, by which the database's own log names the request. Well-formed ids cannot end a comment. */
    static String sqlComment() {
        String id = MDC.get(FIELD);
        return id == null ? "" : "/* request_id=" + id + " */ ";
    }

    /** The end of a statement within a sampled trace, in the form of sqlcommenter: the database's log then names the trace. */
    static String sqlTrace() {
        SpanContext span = Span.current().getSpanContext();
        return span.isValid() && span.isSampled()
                ? " /*traceparent='00-" + span.getTraceId() + "-" + span.getSpanId() + "-01'*/"
                : "";
    }
}
