package dev.sidecar.logs;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Context;
import dev.sidecar.text.HostileText;
import dev.sidecar.text.ServerErrors;
import net.logstash.logback.composite.loggingevent.LogLevelJsonProvider;
import net.logstash.logback.composite.loggingevent.LoggerNameJsonProvider;
import net.logstash.logback.composite.loggingevent.LoggingEventFormattedTimestampJsonProvider;
import net.logstash.logback.composite.loggingevent.LoggingEventJsonProviders;
import net.logstash.logback.composite.loggingevent.MessageJsonProvider;
import net.logstash.logback.composite.loggingevent.StackTraceJsonProvider;
import net.logstash.logback.encoder.LoggingEventCompositeJsonEncoder;
import net.logstash.logback.stacktrace.ShortenedThrowableConverter;
import tools.jackson.core.JsonGenerator;

/** Turns an event into one JSON object and a line feed, with the documented fields and no others. */
final class LineEncoder {

    /** Docker's json-file driver cuts lines at 16 KiB, and the stack trace must fit into one. */
    private static final int STACK_TRACE_LIMIT = 12 * 1024;

    private final LoggingEventCompositeJsonEncoder encoder = new LoggingEventCompositeJsonEncoder();

    LineEncoder(Context context, String service, String environment) {
        LoggingEventJsonProviders providers = new LoggingEventJsonProviders();
        providers.addTimestamp(timestamp());
        providers.addLogLevel(new LogLevelJsonProvider());
        providers.addLoggerName(logger());
        providers.addMessage(new MessageJsonProvider() {
            @Override
            public void writeTo(JsonGenerator generator, ILoggingEvent event) {
                generator.writeStringProperty(getFieldName(), HostileText.forLog(event.getFormattedMessage()));
            }
        });
        providers.addProvider(new ContextFields(service, environment));
        providers.addStackTrace(stackTrace());
        encoder.setProviders(providers);
        encoder.setLineSeparator("\n");
        encoder.setContext(context);
        encoder.start();
    }

    private static LoggingEventFormattedTimestampJsonProvider timestamp() {
        LoggingEventFormattedTimestampJsonProvider timestamp = new LoggingEventFormattedTimestampJsonProvider();
        timestamp.setFieldName("timestamp");
        timestamp.setTimeZone("UTC");
        return timestamp;
    }

    private static LoggerNameJsonProvider logger() {
        LoggerNameJsonProvider logger = new LoggerNameJsonProvider();
        logger.setFieldName("logger");
        return logger;
    }

    private static StackTraceJsonProvider stackTrace() {
        ShortenedThrowableConverter shortened = new ShortenedThrowableConverter() {
            @Override
            public String convert(ILoggingEvent event) {
                return HostileText.forTerminal(ServerErrors.withoutRows(super.convert(event)));
            }
        };
        shortened.setMaxLength(STACK_TRACE_LIMIT);
        shortened.start();
        StackTraceJsonProvider stackTrace = new StackTraceJsonProvider();
        stackTrace.setThrowableConverter(shortened);
        return stackTrace;
    }

    /** Encodes an event. @return the line with its line feed; empty if the event could not be written */
    byte[] encode(ILoggingEvent event) {
        return encoder.encode(event);
    }

    void stop() {
        encoder.stop();
    }
}
