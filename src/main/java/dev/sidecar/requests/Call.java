package dev.sidecar.requests;

import org.jspecify.annotations.Nullable;

/**
 * Describes a request as it came in.
 *
 * @param id its {@link RequestId}
 * @param method the method, as received
 * @param path the path as received, still percent-encoded and without its query, which may hold secrets
 * @param clientIp the client's address, as far as trusted proxies tell
 * @param userAgent the client's program, if it named itself
 * @param trace the trace that it belongs to; null where none is kept
 */
public record Call(
        String id,
        String method,
        String path,
        String clientIp,
        @Nullable String userAgent,
        @Nullable TraceContext trace) {}
