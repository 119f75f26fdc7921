package dev.sidecar.support;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import java.util.List;
import org.slf4j.LoggerFactory;

/** Collects what a class logs at level error, until it is closed. */
public final class ErrorLines extends UnsynchronizedAppenderBase<ILoggingEvent> implements AutoCloseable {

    private final Logger logger;
    private final List<String> lines;

    private ErrorLines(Logger logger, List<String> lines) {
        this.logger = logger;
        this.lines = lines;
    }

    /** @param lines takes the messages, from any thread */
    public static ErrorLines of(Class<?> logging, List<String> lines) {
        ErrorLines collecting = new ErrorLines((Logger) LoggerFactory.getLogger(logging), lines);
        collecting.setContext(collecting.logger.getLoggerContext());
        collecting.start();
        collecting.logger.addAppender(collecting);
        return collecting;
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (event.getLevel().isGreaterOrEqual(Level.ERROR)) {
            lines.add(event.getFormattedMessage());
        }
    }

    @Override
    public void close() {
        logger.detachAppender(this);
        stop();
    }
}
