package dev.sidecar.requests;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/** Writes one access line per request; its message is constant, and its fields say the rest. */
final class RequestLog {

    private static final Logger LOG = LoggerFactory.getLogger("access");
    private static final int LONGEST_TEXT = 1024;
    private static final int LONGEST_METHOD = 32;

    void served(Call call, String route, Answer answer) {
        LoggingEventBuilder line = LOG.atInfo()
                .addKeyValue(RequestId.FIELD, call.id())
                .addKeyValue("method", shortened(call.method(), LONGEST_METHOD))
                .addKeyValue("route", route)
                .addKeyValue("path", shortened(call.path(), LONGEST_TEXT))
                .addKeyValue("status", answer.status())
                .addKeyValue("duration_ms", Math.round(answer.nanos() / 1e3) / 1e3)
                .addKeyValue("client_ip", call.clientIp())
                .addKeyValue("bytes_in", answer.bytesIn())
                .addKeyValue("bytes_out", answer.bytesOut())
                .addKeyValue("user_agent", call.userAgent() == null ? "" : shortened(call.userAgent(), LONGEST_TEXT));
        if (call.trace() != null) {
            line = line.addKeyValue(TraceContext.TRACE_FIELD, call.trace().traceId())
                    .addKeyValue(TraceContext.SPAN_FIELD, call.trace().spanId());
        }
        if (answer.failure() != null) {
            line = line.addKeyValue("failure", answer.failure());
        }
        line.log("request served");
    }

    private static String shortened(String text, int longest) {
        return text.length() <= longest ? text : text.substring(0, longest);
    }
}
