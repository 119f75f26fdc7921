package dev.sidecar.logs;

import ch.qos.logback.classic.spi.ILoggingEvent;
import dev.sidecar.text.HostileText;
import dev.sidecar.text.ServerErrors;
import java.io.ByteArrayOutputStream;
import net.logstash.logback.stacktrace.ShortenedThrowableConverter;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Turns an event into one JSON object and a line feed, with the documented fields and no others. It writes them itself: the library's encoder
 * brings the whole of Jackson's data binding into the memory of a gateway that has no other use for it.
 */
final class LineEncoder {

    /** Docker's json-file driver cuts lines at 16 KiB, and the stack trace must fit into one. */
    private static final int STACK_TRACE_LIMIT = 12 * 1024;

    private static final int USUAL_LENGTH = 512;

    private final JsonFactory json = new JsonFactory();
    private final ShortenedThrowableConverter stackTraces = new ShortenedThrowableConverter();
    private final ContextFields fields;

    LineEncoder(String service, String environment) {
        fields = new ContextFields(service, environment);
        stackTraces.setMaxLength(STACK_TRACE_LIMIT);
        stackTraces.start();
    }

    /** Encodes an event. @return the line with its line feed */
    byte[] encode(ILoggingEvent event) {
        ByteArrayOutputStream line = new ByteArrayOutputStream(USUAL_LENGTH);
        try (JsonGenerator generator = json.createGenerator(ObjectWriteContext.empty(), line)) {
            generator.writeStartObject();
            generator.writeStringProperty("timestamp", event.getInstant().toString());
            generator.writeStringProperty("level", event.getLevel().toString());
            generator.writeStringProperty("logger", event.getLoggerName());
            generator.writeStringProperty("message", HostileText.forLog(event.getFormattedMessage()));
            fields.writeTo(generator, event);
            if (event.getThrowableProxy() != null) {
                String stackTrace = ServerErrors.withoutRows(stackTraces.convert(event));
                generator.writeStringProperty("stack_trace", HostileText.forTerminal(stackTrace));
            }
            generator.writeEndObject();
            generator.writeRaw('\n');
        }
        return line.toByteArray();
    }
}
