package dev.sidecar.dataplane;

import dev.sidecar.secrets.Secret;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Answers the few addresses of the metrics port, by the same paths as the control plane's. */
final class MetricsPage extends SimpleChannelInboundHandler<FullHttpRequest> {

    private static final String SCHEME = "Bearer ";
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    private static final String JSON = "application/json";

    private final @Nullable Secret token;
    private final PrometheusMeterRegistry registry;

    MetricsPage(@Nullable Secret token, PrometheusMeterRegistry registry) {
        this.token = token;
        this.registry = registry;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        if (request.decoderResult().isFailure()) {
            answer(context, request, HttpResponseStatus.BAD_REQUEST, JSON, "{\"status\":400}");
            return;
        }
        boolean read =
                request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
        if (!read) {
            answer(context, request, HttpResponseStatus.METHOD_NOT_ALLOWED, JSON, "{\"status\":405}");
            return;
        }
        String path = request.uri().replaceFirst("\\?.*", "");
        switch (path) {
            case "/actuator/health", "/actuator/health/readiness", "/actuator/health/liveness" ->
                answer(context, request, HttpResponseStatus.OK, JSON, "{\"status\":\"UP\"}");
            case "/actuator/prometheus" -> metrics(context, request);
            default -> answer(context, request, HttpResponseStatus.NOT_FOUND, JSON, "{\"status\":404}");
        }
    }

    private void metrics(ChannelHandlerContext context, FullHttpRequest request) {
        if (!isAllowed(request.headers().get(HttpHeaderNames.AUTHORIZATION))) {
            answer(
                    context,
                    request,
                    HttpResponseStatus.UNAUTHORIZED,
                    JSON,
                    "{\"status\":401,\"detail\":\"Present the metrics token: Authorization: Bearer <token>.\"}");
            return;
        }
        String accepted = request.headers().get(HttpHeaderNames.ACCEPT, "");
        String type = accepted.contains("application/openmetrics-text") ? OPEN_METRICS : TEXT;
        answer(context, request, HttpResponseStatus.OK, type, registry.scrape(type));
    }

    private boolean isAllowed(@Nullable String authorization) {
        return token != null
                && authorization != null
                && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                && token.matches(authorization.substring(SCHEME.length()).strip());
    }

    private static void answer(
            ChannelHandlerContext context,
            FullHttpRequest request,
            HttpResponseStatus status,
            String type,
            String body) {
        boolean head = request.method().equals(HttpMethod.HEAD);
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        var response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(head ? new byte[0] : bytes));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, type)
                .set(HttpHeaderNames.CONTENT_LENGTH, bytes.length)
                .set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        if (status.equals(HttpResponseStatus.UNAUTHORIZED)) {
            response.headers().set(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer");
        }
        boolean keepAlive = HttpUtil.isKeepAlive(request) && status.code() < 400;
        HttpUtil.setKeepAlive(response, keepAlive);
        var written = context.writeAndFlush(response);
        if (!keepAlive) {
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
        context.close();
    }
}
