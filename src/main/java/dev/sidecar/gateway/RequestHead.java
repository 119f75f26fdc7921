package dev.sidecar.gateway;

import dev.sidecar.requests.Call;
import dev.sidecar.requests.RequestId;
import dev.sidecar.requests.TraceContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.List;
import java.util.Map.Entry;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks a request's head: the gateway forwards only a head that everybody reads in the same way. */
final class RequestHead {

    private static final Set<HttpMethod> IDEMPOTENT = Set.of(
            HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS, HttpMethod.TRACE, HttpMethod.PUT, HttpMethod.DELETE);

    private RequestHead() {}

    /** Finds the reason to refuse the request; null if there is none. @param largestBody most bytes that its body may announce */
    static @Nullable FailureReason defect(HttpRequest request, long largestBody) {
        Throwable failure = request.decoderResult().cause();
        if (failure instanceof TooLongHttpLineException) {
            return FailureReason.TARGET_TOO_LONG;
        }
        if (failure instanceof TooLongFrameException) {
            return FailureReason.HEADER_TOO_LARGE;
        }
        boolean sound = failure == null
                && isKnown(request.protocolVersion())
                && RequestTarget.of(request.method(), request.uri()) != null
                && hasOneHost(request)
                && hasOneLength(request);
        if (!sound) {
            return FailureReason.BAD_REQUEST;
        }
        return HttpUtil.getContentLength(request, 0L) > largestBody ? FailureReason.BODY_TOO_LARGE : null;
    }

    /** Stands for a request whose head never arrived as a whole. */
    static HttpRequest unreadable() {
        HttpRequest nothing = new DefaultHttpRequest(HttpVersion.HTTP_1_0, HttpMethod.GET, "-");
        nothing.setDecoderResult(DecoderResult.failure(new IllegalStateException("no request")));
        return nothing;
    }

    /** Gives a request without a defect the form in which the API gets it. */
    static void normalise(HttpRequest request) {
        RequestTarget target = RequestTarget.of(request.method(), request.uri());
        if (target != null && target.authority() != null) {
            request.headers().set(HttpHeaderNames.HOST, target.authority());
            request.setUri(target.uri());
        }
        if (request.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
            // It has neither, and the API gets the request as one of HTTP/1.1 (RFC 9110, 7.8 and 10.1.1).
            request.headers().remove(HttpHeaderNames.UPGRADE).remove(HttpHeaderNames.EXPECT);
        }
    }

    /** Sending the request twice does no more than sending it once. */
    static boolean isIdempotent(HttpMethod method) {
        return IDEMPOTENT.contains(method);
    }

    /** Describes a request for the log, whether the gateway could read it or not. */
    static Call call(HttpRequest request, Hops hops, Hops.Sender peer, TraceContext trace) {
        HttpHeaders headers = request.headers();
        boolean readable = request.decoderResult().isSuccess();
        return new Call(
                RequestId.of(headers.getAll(Hops.REQUEST_ID)),
                readable ? request.method().name() : "-",
                readable ? path(request.uri()) : "-",
                hops.client(peer, headers),
                headers.get(HttpHeaderNames.USER_AGENT),
                trace);
    }

    private static String path(String target) {
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }

    private static boolean isKnown(HttpVersion version) {
        return version.equals(HttpVersion.HTTP_1_1) || version.equals(HttpVersion.HTTP_1_0);
    }

    private static boolean hasOneHost(HttpRequest request) {
        List<String> hosts = request.headers().getAll(HttpHeaderNames.HOST);
        if (hosts.isEmpty()) {
            return request.protocolVersion().equals(HttpVersion.HTTP_1_0);
        }
        return hosts.size() == 1 && RequestTarget.isAuthority(hosts.get(0));
    }

    /** The head says the body's length once: by chunks, by a number, or not at all. */
    private static boolean hasOneLength(HttpRequest request) {
        HttpHeaders headers = request.headers();
        if (hasDisguisedLength(headers)) {
            return false;
        }
        boolean chunked = headers.contains(HttpHeaderNames.TRANSFER_ENCODING);
        boolean counted = headers.contains(HttpHeaderNames.CONTENT_LENGTH);
        if (chunked) {
            List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
            return !counted
                    && codings.size() == 1
                    && codings.get(0).equalsIgnoreCase("chunked")
                    && request.protocolVersion().equals(HttpVersion.HTTP_1_1);
        }
        if (counted) {
            List<String> lengths = headers.getAll(HttpHeaderNames.CONTENT_LENGTH);
            return lengths.size() == 1 && lengths.get(0).matches("[0-9]{1,18}");
        }
        return true;
    }

    /** Some servers take Transfer_Encoding for Transfer-Encoding, and so read another end of the body than everybody else. */
    private static boolean hasDisguisedLength(HttpHeaders headers) {
        Iterator<Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
        while (all.hasNext()) {
            CharSequence name = all.next().getKey();
            boolean disguised = isDisguised(name, HttpHeaderNames.CONTENT_LENGTH, "content".length())
                    || isDisguised(name, HttpHeaderNames.TRANSFER_ENCODING, "transfer".length());
            if (disguised) {
                return true;
            }
        }
        return false;
    }

    private static boolean isDisguised(CharSequence name, AsciiString as, int dash) {
        return name.length() == as.length()
                && name.charAt(dash) == '_'
                && as.contentEqualsIgnoreCase(name.toString().replace('_', '-'));
    }
}
