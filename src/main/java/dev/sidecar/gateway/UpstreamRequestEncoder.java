package dev.sidecar.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestEncoder;
import java.nio.charset.StandardCharsets;

/** Writes a request's target byte for byte as it was read; Netty would write it as UTF-8 and add slashes. */
final class UpstreamRequestEncoder extends HttpRequestEncoder {

    @Override
    protected void encodeInitialLine(ByteBuf out, HttpRequest request) {
        out.writeCharSequence(request.method().name(), StandardCharsets.US_ASCII);
        out.writeByte(' ');
        out.writeCharSequence(request.uri(), StandardCharsets.ISO_8859_1);
        out.writeCharSequence(" HTTP/1.1\r\n", StandardCharsets.US_ASCII);
    }
}
