package dev.sidecar.logs;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.time.Instant;
import java.util.Map;

/** A logger with the product's appender, apart from the logging of the tests themselves. */
final class LogBench implements AutoCloseable {

    private final LoggerContext context = new LoggerContext();
    private final LineAppender appender = new LineAppender();
    private final Logger logger = context.getLogger("dev.sidecar.test");

    LogBench(String lokiUrl) {
        this(lokiUrl, "", "");
    }

    LogBench(String lokiUrl, String username, String password) {
        this(lokiUrl, username, password, "", "");
    }

    LogBench(String lokiUrl, String username, String password, String token, String tenant) {
        context.setMDCAdapter(org.slf4j.MDC.getMDCAdapter());
        appender.setContext(context);
        appender.setName("LINES");
        appender.setStack("staging");
        appender.setHost("box-1");
        appender.setService("sidecar");
        appender.setEnvironment("test");
        appender.setLokiUrl(lokiUrl);
        appender.setLokiUsername(username);
        appender.setLokiPassword(password);
        appender.setLokiToken(token);
        appender.setLokiTenant(tenant);
        appender.start();
        logger.addAppender(appender);
        logger.setAdditive(false);
    }

    Logger logger() {
        return logger;
    }

    /** Logs a line as if it had been written at another time. */
    void logAt(Instant at, String message) {
        LoggingEvent event = new LoggingEvent("", logger, Level.INFO, message, null, new Object[0]);
        event.setInstant(at);
        event.setMDCPropertyMap(Map.of());
        logger.callAppenders(event);
    }

    LineAppender appender() {
        return appender;
    }

    LineCounts loki() {
        return appender.lokiCounts();
    }

    @Override
    public void close() {
        appender.stop();
        context.stop();
    }
}
