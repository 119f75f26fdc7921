package dev.sidecar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class DefectsTest {

    private final Logger logger = (Logger) LoggerFactory.getLogger(Defects.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private long now = Long.MAX_VALUE - 5;
    private final Defects defects = new Defects(() -> now);

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void leave() {
        logger.detachAppender(lines);
    }

    @Test
    void aConnectionThatBreaksIsNoDefect() {
        defects.seen(new IOException("Connection reset by peer"));
        defects.seen(new ClosedChannelException());
        assertThat(lines.list).isEmpty();
    }

    @Test
    void aDefectIsToldWithItsPlaceAndRepeatedOnceAMinute() {
        defects.seen(new IllegalStateException("out of order"));
        defects.seen(new IllegalStateException("again"));
        defects.seen(new IllegalStateException("and again"));
        assertThat(lines.list).hasSize(1);
        assertThat(lines.list.get(0).getThrowableProxy().getMessage()).isEqualTo("out of order");

        now += TimeUnit.MINUTES.toNanos(1);
        defects.seen(new IllegalStateException("still"));
        assertThat(lines.list).hasSize(2);
        assertThat(lines.list.get(1).getKeyValuePairs().get(0).value).isEqualTo(2L);
    }
}
