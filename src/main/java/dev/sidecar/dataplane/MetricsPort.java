package dev.sidecar.dataplane;

import dev.sidecar.secrets.Secret;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Serves metrics and health of a process without a web server, on a thread of its own, so that a scrape holds up no request. It listens once
 * the process takes requests and stops before it: that it answers means that the process takes them.
 */
public final class MetricsPort implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(MetricsPort.class);
    private static final int LARGEST_REQUEST = 8 * 1024;
    private static final int MOST_CONNECTIONS = 64;

    private final String settings;
    private final String address;
    private final int wanted;
    private final @Nullable Secret token;
    private final Listener listener;

    /**
     * @param settings beginning of the names of its settings, such as {@code sidecar.gateway}
     * @param address the address to listen on
     * @param wanted the port to listen on; 0 takes any free one
     * @param token token that Prometheus presents; without one the metrics are closed to everybody
     */
    public MetricsPort(
            String settings, String address, int wanted, @Nullable Secret token, PrometheusMeterRegistry registry) {
        this.settings = settings;
        this.address = address;
        this.wanted = wanted;
        this.token = token;
        this.listener = new Listener(
                "metrics",
                1,
                MOST_CONNECTIONS,
                pipeline -> pipeline.addLast(
                        new HttpServerCodec(),
                        new HttpObjectAggregator(LARGEST_REQUEST, true),
                        new MetricsPage(token, registry)));
    }

    @Override
    public void start() {
        listener.open(settings + ".metrics-port", address, wanted);
        if (token == null) {
            LOG.atWarn().log("metrics are closed to everybody; set {}.metrics-token", settings);
        }
        LOG.atInfo().addKeyValue("port", port()).log("metrics and health served");
    }

    /** Where it listens; -1 if it does not. */
    public int port() {
        return listener.port();
    }

    @Override
    public void stop() {
        listener.close();
    }

    @Override
    public boolean isRunning() {
        return listener.isOpen();
    }
}
