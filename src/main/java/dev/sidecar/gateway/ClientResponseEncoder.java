package dev.sidecar.gateway;

import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;

/** Writes answers; an answer to HEAD has no body, whatever its head says. */
final class ClientResponseEncoder extends HttpResponseEncoder {

    private boolean bodyless;

    void answersHead(boolean head) {
        bodyless = head;
    }

    @Override
    protected boolean isContentAlwaysEmpty(HttpResponse response) {
        return bodyless || response.status().code() < 200 || super.isContentAlwaysEmpty(response);
    }
}
