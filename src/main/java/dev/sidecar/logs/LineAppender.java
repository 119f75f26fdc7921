package dev.sidecar.logs;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import com.github.loki4j.client.http.HttpConfig;
import com.github.loki4j.client.pipeline.PipelineConfig;
import dev.sidecar.loki.LokiAddress;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Appends the server's log lines: encodes each event once, on the thread that logs, and hands it to two bounded buffers, one for standard
 * output and one for Loki. Neither makes that thread wait, whatever happens at the other end. The class is public and has setters because
 * Logback makes it by name and fills it in from {@code logback-spring.xml}.
 */
public final class LineAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {

    private static final String NAME = "LINES";
    private static final int STDOUT_BYTES = 1024 * 1024;
    private static final Duration LOKI_STOP_LIMIT = Duration.ofSeconds(5);
    private static final Duration STDOUT_STOP_LIMIT = Duration.ofSeconds(1);

    private String stack = "local";
    private String host = "localhost";
    private String service = "sidecar";
    private String environment = "local";
    private String lokiUrl = "";
    private String lokiUsername = "";
    private String lokiPassword = "";
    private String lokiToken = "";
    private String lokiTenant = "";

    private @Nullable LineEncoder encoder;
    private @Nullable BufferedOutput stdout;
    private @Nullable LokiShipping loki;

    /** Finds the appender in use; empty in a command, whose lines go to standard error. */
    static Optional<LineAppender> current() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            Appender<ILoggingEvent> appender =
                    context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender(NAME);
            return appender instanceof LineAppender lines ? Optional.of(lines) : Optional.empty();
        }
        return Optional.empty();
    }

    @Override
    public void start() {
        encoder = new LineEncoder(service, environment);
        stdout = new BufferedOutput(LineAppender::print, STDOUT_BYTES);
        // LogsSettings refuses a wrong address in words a moment later; here it must only not stop the logging.
        loki = LokiAddress.push(lokiUrl).map(this::ship).orElse(null);
        super.start();
    }

    private LokiShipping ship(URI push) {
        HttpConfig.Builder http = PipelineConfig.java(60_000)
                .fill(to -> to.setPushUrl(push.toString())
                        .setConnectionTimeoutMs(1_000)
                        .setRequestTimeoutMs(3_000)
                        .setUsername(Optional.of(lokiUsername).filter(text -> !text.isBlank()))
                        .setPassword(Optional.of(lokiPassword).filter(text -> !text.isBlank()))
                        .setTenantId(Optional.of(lokiTenant).filter(text -> !text.isBlank())));
        return new LokiShipping(
                Map.of("stack", stack, "host", host, "service", service, "source", "sidecar"), http, lokiToken);
    }

    private static void print(byte[] bytes, int length) throws IOException {
        // Asked for each time, as somebody may replace it.
        PrintStream out = System.out;
        out.write(bytes, 0, length);
        out.flush();
        if (out.checkError()) {
            throw new IOException("standard output is closed");
        }
    }

    @Override
    protected void append(ILoggingEvent event) {
        BufferedOutput output = stdout;
        LokiShipping shipping = loki;
        LineEncoder lines = encoder;
        if (output == null || lines == null) {
            return;
        }
        byte[] line = encode(lines, event);
        if (line.length == 0) {
            output.counts().failUnaccepted();
            if (shipping != null) {
                shipping.counts().failUnaccepted();
            }
            return;
        }
        output.offer(line);
        if (shipping != null) {
            shipping.offer(event, line);
        }
    }

    private byte[] encode(LineEncoder lines, ILoggingEvent event) {
        try {
            return lines.encode(event);
        } catch (RuntimeException e) {
            addWarn("a log line could not be written as JSON", e);
            return new byte[0];
        }
    }

    /** Sends and writes the buffered lines; takes 6 s at most. */
    @Override
    public void stop() {
        if (!isStarted()) {
            return;
        }
        super.stop();
        if (loki != null) {
            long left = loki.stop(LOKI_STOP_LIMIT);
            if (left > 0) {
                System.err.println("%d log lines did not reach Loki before the end.".formatted(left));
            }
        }
        if (stdout != null) {
            stdout.close(STDOUT_STOP_LIMIT);
        }
    }

    LineCounts stdoutCounts() {
        return stdout == null ? new LineCounts() : stdout.counts();
    }

    LineCounts lokiCounts() {
        return loki == null ? new LineCounts() : loki.counts();
    }

    long lostBatches(LokiTrouble.Loss loss) {
        return loki == null ? 0 : loki.trouble().batches(loss);
    }

    /** Label {@code stack}. */
    public void setStack(String stack) {
        this.stack = stack;
    }

    /** Label {@code host}. */
    public void setHost(String host) {
        this.host = host;
    }

    /** Label and field {@code service}. */
    public void setService(String service) {
        this.service = service;
    }

    /** Field {@code environment}. */
    public void setEnvironment(String environment) {
        this.environment = environment;
    }

    /** The base of Loki's address; empty if there is no Loki. */
    public void setLokiUrl(String lokiUrl) {
        this.lokiUrl = lokiUrl;
    }

    /** The user of the login to Loki; empty for no login. */
    public void setLokiUsername(String lokiUsername) {
        this.lokiUsername = lokiUsername;
    }

    /** The password of the login to Loki. */
    public void setLokiPassword(String lokiPassword) {
        this.lokiPassword = lokiPassword;
    }

    /** The token that is presented to Loki instead of user and password. */
    public void setLokiToken(String lokiToken) {
        this.lokiToken = lokiToken;
    }

    /** The tenant whose lines these are. */
    public void setLokiTenant(String lokiTenant) {
        this.lokiTenant = lokiTenant;
    }
}
