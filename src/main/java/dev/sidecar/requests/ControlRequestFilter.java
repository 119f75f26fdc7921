package dev.sidecar.requests;

import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import org.slf4j.MDC;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.servlet.HandlerMapping;

/** Gives requests to the control plane an id, metrics and a log line, as the gateway does for requests to the API. */
final class ControlRequestFilter extends OncePerRequestFilter {

    private final Requests requests;

    ControlRequestFilter(Requests requests) {
        this.requests = requests;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        Call call = call(request);
        CountingResponse counting = new CountingResponse(response);
        long started = System.nanoTime();
        boolean failed = true;
        requests.started();
        response.setHeader(RequestId.HEADER, call.id());
        MDC.put(RequestId.FIELD, call.id());
        try {
            chain.doFilter(request, counting);
            counting.finish();
            failed = false;
        } finally {
            MDC.remove(RequestId.FIELD);
            if (request.isAsyncStarted()) {
                request.getAsyncContext().addListener(new AtEnd(() -> ended(call, request, counting, started, false)));
            } else {
                ended(call, request, counting, started, failed);
            }
        }
    }

    private static Call call(HttpServletRequest request) {
        return new Call(
                RequestId.of(Collections.list(request.getHeaders(RequestId.HEADER))),
                request.getMethod(),
                request.getRequestURI(),
                request.getRemoteAddr(),
                request.getHeader("User-Agent"),
                null);
    }

    /** The container turns an exception into a 500, but only after this filter. */
    private void ended(Call call, HttpServletRequest request, CountingResponse response, long started, boolean failed) {
        int status = failed ? HttpServletResponse.SC_INTERNAL_SERVER_ERROR : response.getStatus();
        long nanos = System.nanoTime() - started;
        long received = Math.max(0, request.getContentLengthLong());
        requests.ended(call, route(request, status), new Answer(status, nanos, received, response.written()));
    }

    /** The pattern that Spring matched; the code has a fixed number of them. The pattern for files matches everything, found or not. */
    private static String route(HttpServletRequest request, int status) {
        return request.getAttribute(HandlerMapping.BEST_MATCHING_PATTERN_ATTRIBUTE) instanceof String pattern
                        && status != HttpServletResponse.SC_NOT_FOUND
                ? pattern
                : Routes.unknown(status);
    }

    private record AtEnd(Runnable action) implements AsyncListener {

        @Override
        public void onComplete(AsyncEvent event) {
            action.run();
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            // The container completes the request afterwards.
        }

        @Override
        public void onError(AsyncEvent event) {
            // The container completes the request afterwards.
        }

        @Override
        public void onStartAsync(AsyncEvent event) {
            event.getAsyncContext().addListener(this);
        }
    }
}
