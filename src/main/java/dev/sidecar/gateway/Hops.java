package dev.sidecar.gateway;

import dev.sidecar.requests.RequestId;
import dev.sidecar.requests.TraceContext;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Changes headers at the border: removes those meant for one hop only, and adds who asked. */
final class Hops {

    static final AsciiString REQUEST_ID = AsciiString.cached(RequestId.HEADER);

    private static final AsciiString TRACE = AsciiString.cached(TraceContext.HEADER);
    private static final AsciiString TRACE_STATE = AsciiString.cached(TraceContext.STATE_HEADER);
    private static final AsciiString BAGGAGE = AsciiString.cached("baggage");
    private static final AsciiString FORWARDED = AsciiString.cached("Forwarded");
    private static final AsciiString FORWARDED_FOR = AsciiString.cached("X-Forwarded-For");
    private static final AsciiString FORWARDED_HOST = AsciiString.cached("X-Forwarded-Host");
    private static final AsciiString FORWARDED_PROTO = AsciiString.cached("X-Forwarded-Proto");
    private static final String FORWARDS = "x-forwarded-";
    private static final AsciiString KEEP_ALIVE = AsciiString.cached("Keep-Alive");
    private static final AsciiString HTTP2_SETTINGS = AsciiString.cached("HTTP2-Settings");
    private static final String EVENT_STREAM = "text/event-stream";
    private static final AsciiString PROXY_CONNECTION = AsciiString.cached("Proxy-Connection");

    /** These stay even if Connection names them, as the message would mean something else without them. */
    private static final Set<String> NEVER_DROPPED = Set.of("host", "content-length", "transfer-encoding", "trailer");

    /**
     * Headers by which proxies, content networks, login proxies and TLS terminators tell an API who asks and how. Only a proxy in front may
     * set them: from a client they are forged. The stack's nginx clears the same ones. Assertions that a signature protects are left. (Proxy
     * is none of a client's either: many programs take it for the variable HTTP_PROXY.)
     */
    static final List<AsciiString> TOLD_BY_PROXIES = Stream.of(
                    "X-Forwarded-Host",
                    "X-Forwarded-Port",
                    "X-Forwarded-Prefix",
                    "X-Forwarded-Server",
                    "X-Forwarded-Scheme",
                    "X-Forwarded-Ssl",
                    "X-Forwarded-User",
                    "X-Forwarded-Email",
                    "X-Forwarded-Groups",
                    "X-Forwarded-Client-Cert",
                    "X-Original-Forwarded-For",
                    "X-Original-Host",
                    "X-Original-URL",
                    "X-Rewrite-URL",
                    "X-Real-IP",
                    "X-Client-IP",
                    "X-Cluster-Client-IP",
                    "X-Remote-User",
                    "Remote-User",
                    "Client-IP",
                    "True-Client-IP",
                    "CF-Connecting-IP",
                    "Fastly-Client-IP",
                    "Fly-Client-IP",
                    "Front-End-Https",
                    "X-Forwarded-By",
                    "X-Forwarded-Path",
                    "X-Forwarded-Uri",
                    "X-Forwarded-Method",
                    "X-Forwarded-Preferred-Username",
                    "X-Forwarded-Access-Token",
                    "X-Forwarded-Protocol",
                    "X-Forwarded-Client-IP",
                    "X-Original-URI",
                    "X-Original-Method",
                    "X-Originating-IP",
                    "X-Host",
                    "X-HTTP-Host-Override",
                    "X-Script-Name",
                    "X-Url-Scheme",
                    "X-Remote-IP",
                    "X-Remote-Addr",
                    "X-ProxyUser-IP",
                    "X-Azure-ClientIP",
                    "X-Azure-SocketIP",
                    "X-Appengine-User-IP",
                    "X-Envoy-External-Address",
                    "X-Envoy-Original-Path",
                    "CF-Connecting-IPv6",
                    "CF-Pseudo-IPv4",
                    "DO-Connecting-IP",
                    "Cdn-Src-IP",
                    "X-Nf-Client-Connection-IP",
                    "X-Vercel-Forwarded-For",
                    "X-Auth-Request-User",
                    "X-Auth-Request-Email",
                    "X-Auth-Request-Groups",
                    "X-Auth-Request-Preferred-Username",
                    "X-Auth-Request-Access-Token",
                    "X-Authenticated-User",
                    "X-Authenticated-Userid",
                    "X-Authenticated-Groups",
                    "X-WebAuth-User",
                    "X-WebAuth-Email",
                    "X-WebAuth-Groups",
                    "X-Remote-Email",
                    "X-Remote-Name",
                    "X-Remote-Groups",
                    "Remote-Email",
                    "Remote-Name",
                    "Remote-Groups",
                    "X-Authentik-Username",
                    "X-Authentik-Email",
                    "X-Authentik-Groups",
                    "X-Authentik-Uid",
                    "X-Vouch-User",
                    "X-Goog-Authenticated-User-Email",
                    "X-Goog-Authenticated-User-Id",
                    "Cf-Access-Authenticated-User-Email",
                    "X-MS-Client-Principal",
                    "X-MS-Client-Principal-Id",
                    "X-MS-Client-Principal-Name",
                    "X-Amzn-Oidc-Identity",
                    "Tailscale-User-Login",
                    "Tailscale-User-Name",
                    "X-Client-Cert",
                    "X-Client-DN",
                    "X-Client-Verify",
                    "X-SSL-Cert",
                    "X-SSL-Client-Cert",
                    "X-SSL-Client-DN",
                    "X-SSL-Client-S-DN",
                    "X-SSL-Client-CN",
                    "X-SSL-Client-Verify",
                    "SSL-Client-Cert",
                    "SSL-Client-Verify",
                    "Client-Cert",
                    "Client-Cert-Chain",
                    "X-Amzn-Mtls-Clientcert",
                    "X-Amzn-Mtls-Clientcert-Leaf",
                    "X-Amzn-Mtls-Clientcert-Subject",
                    "X-ARR-ClientCert",
                    "X-Forwarded-Roles",
                    "X-Forwarded-Name",
                    "X-Forwarded-Username",
                    "X-Forwarded-Id-Token",
                    "X-Forwarded-Tls-Client-Cert",
                    "X-Forwarded-Tls-Client-Cert-Info",
                    "Incap-Client-IP",
                    "X-Sucuri-ClientIP",
                    "X-Consumer-ID",
                    "X-Consumer-Username",
                    "X-Consumer-Custom-ID",
                    "X-Consumer-Groups",
                    "X-Credential-Identifier",
                    "X-Credential-Username",
                    "X-Anonymous-Consumer",
                    "X-Authenticated-Scope",
                    "X-Userinfo",
                    "X-Auth-User",
                    "X-Auth-Username",
                    "X-Auth-Userid",
                    "X-Auth-Name",
                    "X-Auth-Subject",
                    "X-Auth-Email",
                    "X-Auth-Roles",
                    "X-Auth-Groups",
                    "X-Token-Subject",
                    "X-Token-User-Name",
                    "X-Token-User-Email",
                    "X-Token-User-Roles",
                    "X-Pomerium-Claim-User",
                    "X-Pomerium-Claim-Sub",
                    "X-Pomerium-Claim-Name",
                    "X-Pomerium-Claim-Email",
                    "X-Pomerium-Claim-Groups",
                    "X-Authentik-Name",
                    "X-Authentik-Entitlements",
                    "X-Appengine-User-Email",
                    "X-Appengine-User-ID",
                    "X-Appengine-User-Nickname",
                    "X-Appengine-User-Is-Admin",
                    "X-MS-Client-Principal-IDP",
                    "X-WebAuth-Name",
                    "X-WebAuth-Role",
                    "X-Remote-Role",
                    "X-Remote-Roles",
                    "Tailscale-User-Profile-Pic",
                    "SSL-Client-Subject-DN",
                    "SSL-Client-Issuer-DN",
                    "X-SSL-Client-SHA1",
                    "X-SSL-Client-Serial",
                    "X-SSL-Client-Issuer-DN",
                    "X-SSL-Issuer",
                    "Proxy")
            .map(AsciiString::cached)
            .toList();

    private static final Set<String> ABOUT_WHO_ASKS = Stream.concat(
                    TOLD_BY_PROXIES.stream(), Stream.of(FORWARDED, FORWARDED_FOR, FORWARDED_PROTO, REQUEST_ID))
            .map(name -> name.toString().toLowerCase(Locale.ROOT))
            .collect(Collectors.toUnmodifiableSet());

    private static final Set<String> NOT_IN_TRAILERS = Set.of(
            "host",
            "transfer-encoding",
            "connection",
            "keep-alive",
            "upgrade",
            "trailer",
            "te",
            "http2-settings",
            "authorization",
            "cookie",
            "origin",
            "referer",
            "user-agent",
            "accept",
            "accept-encoding",
            "expect",
            "range",
            "max-forwards",
            "pragma",
            "cache-control",
            "x-http-method-override",
            "traceparent",
            "tracestate",
            "baggage");

    private final TrustedProxies trusted;
    private final TrustedProxies tracing;

    /** @param tracing whose traces are continued although nothing else of what they say is believed */
    Hops(TrustedProxies trusted, TrustedProxies tracing) {
        this.trusted = trusted;
        this.tracing = tracing;
    }

    /** Looks up the names of those that are trusted, from now on. */
    void start() {
        trusted.start();
        tracing.start();
    }

    void close() {
        trusted.close();
        tracing.close();
    }

    /** The other end of a client's connection. */
    record Sender(String address, @Nullable InetSocketAddress at) {}

    Sender peer(InetSocketAddress address) {
        return new Sender(NetUtil.toAddressString(address.getAddress()), address);
    }

    /** Finds the client's address: the one that a trusted proxy names, else the peer's own. */
    String client(Sender peer, HttpHeaders headers) {
        boolean told = trusted.include(peer.at) && headers.contains(FORWARDED_FOR);
        // Some proxies add a line of their own below the client's.
        return told ? trusted.client(joined(headers.getAll(FORWARDED_FOR)), peer.address) : peer.address;
    }

    /** Finds the address that a request counts for; null if it comes from a trusted proxy that names nobody, and so may be of many. */
    @Nullable
    String accountable(Sender peer, HttpHeaders headers) {
        return trusted.include(peer.at) && !headers.contains(FORWARDED_FOR) ? null : Shares.of(client(peer, headers));
    }

    /** Finds the address that a connection counts for; null for a trusted proxy, whose connections are of many clients. */
    @Nullable
    String accountable(Sender peer) {
        return trusted.include(peer.at) ? null : Shares.of(peer.address);
    }

    /** Finds the protocol that the client asks to switch to; null if none, or none that the gateway can tunnel. */
    static @Nullable String upgrade(HttpHeaders headers) {
        String protocol = headers.get(HttpHeaderNames.UPGRADE);
        boolean asked = protocol != null && headers.containsValue(HttpHeaderNames.CONNECTION, "upgrade", true);
        // Requests of HTTP/2 inside a tunnel would pass unseen.
        return asked && !protocol.toLowerCase(Locale.ROOT).contains("h2") ? protocol : null;
    }

    static boolean isEventStream(HttpHeaders headers) {
        String type = headers.get(HttpHeaderNames.CONTENT_TYPE);
        return type != null && type.regionMatches(true, 0, EVENT_STREAM, 0, EVENT_STREAM.length());
    }

    /** Goes on with the trace that a trusted proxy tells of; begins one for everybody else, who could claim to be part of any. */
    TraceContext trace(Sender peer, HttpHeaders headers, double sampling) {
        boolean believed = headers.contains(TRACE) && (trusted.include(peer.at) || tracing.include(peer.at));
        TraceContext told = believed ? TraceContext.continued(headers.getAll(TRACE)) : null;
        return told == null ? TraceContext.begin(sampling) : told;
    }

    /** Makes a request ready for the upstream. */
    void toUpstream(HttpHeaders headers, Sender peer, String requestId, TraceContext trace) {
        String upgrade = upgrade(headers);
        boolean trailers = headers.containsValue(HttpHeaderNames.TE, "trailers", true);
        dropHop(headers);
        headers.remove(HttpHeaderNames.TE);
        headers.remove(HTTP2_SETTINGS);
        headers.remove(HttpHeaderNames.PROXY_AUTHORIZATION);
        if (upgrade != null) {
            headers.set(HttpHeaderNames.CONNECTION, "Upgrade").set(HttpHeaderNames.UPGRADE, upgrade);
        }
        if (trailers) {
            headers.set(HttpHeaderNames.TE, "trailers");
        }
        tellWhoAsked(headers, peer);
        headers.set(REQUEST_ID, requestId);
        headers.set(TRACE, trace.toHeader());
        if (trace.parentId() == null) {
            // Notes about another trace, which programs take for their own.
            headers.remove(TRACE_STATE);
            headers.remove(BAGGAGE);
        }
    }

    /**
     * Leaves in the trailers of a request what programs may count on at its end, such as a digest. Fields that would have been checked,
     * replaced or removed in its head must not come in behind it, as some servers join both.
     */
    static void trailers(HttpHeaders trailers) {
        for (String name : trailers.names()) {
            String plain = name.replace('_', '-').toLowerCase(Locale.ROOT);
            if (NOT_IN_TRAILERS.contains(plain)
                    || ABOUT_WHO_ASKS.contains(plain)
                    || plain.startsWith(FORWARDS)
                    || plain.startsWith("if-")
                    || plain.startsWith("proxy-")
                    || plain.startsWith("content-")
                            && !plain.equals("content-digest")
                            && !plain.equals("content-md5")) {
                trailers.remove(name);
            }
        }
    }

    /** Leaves in the trailers of an answer nothing that would have been replaced or removed in its head. */
    static void trailersToClient(HttpHeaders trailers) {
        dropHop(trailers);
        trailers.remove(HttpHeaderNames.TRANSFER_ENCODING);
        trailers.remove(HttpHeaderNames.CONTENT_LENGTH);
        trailers.remove(HttpHeaderNames.TRAILER);
        trailers.remove(HttpHeaderNames.PROXY_AUTHENTICATE);
        trailers.remove(REQUEST_ID);
    }

    /** Makes an answer ready for the client. */
    static void toClient(HttpHeaders headers, String requestId) {
        dropHop(headers);
        headers.remove(HttpHeaderNames.PROXY_AUTHENTICATE);
        headers.set(REQUEST_ID, requestId);
    }

    private static void dropHop(HttpHeaders headers) {
        if (headers.contains(HttpHeaderNames.CONNECTION)) {
            for (String names : headers.getAll(HttpHeaderNames.CONNECTION)) {
                for (String name : names.split(",")) {
                    String dropped = name.strip().toLowerCase(Locale.ROOT);
                    if (!dropped.isEmpty() && !NEVER_DROPPED.contains(dropped)) {
                        headers.remove(dropped);
                    }
                }
            }
            headers.remove(HttpHeaderNames.CONNECTION);
        }
        headers.remove(HttpHeaderNames.UPGRADE);
        headers.remove(KEEP_ALIVE);
        headers.remove(PROXY_CONNECTION);
    }

    private void tellWhoAsked(HttpHeaders headers, Sender peer) {
        // Asked for each request: a proxy that just came back may have connected before its name was looked up again.
        boolean proxy = trusted.include(peer.at);
        String host = headers.get(HttpHeaderNames.HOST);
        String before = proxy ? joined(headers.getAll(FORWARDED_FOR)) : "";
        String elements = proxy ? joined(headers.getAll(FORWARDED)) : "";
        String proto = proxy ? headers.get(FORWARDED_PROTO) : null;
        if (!proxy) {
            dropToldByProxies(headers);
        }

        headers.set(FORWARDED_FOR, before.isEmpty() ? peer.address : before + ", " + peer.address);
        headers.set(FORWARDED_PROTO, proto == null ? "http" : proto);
        if (host != null && !headers.contains(FORWARDED_HOST)) {
            headers.set(FORWARDED_HOST, host);
        }
        String node = peer.address.indexOf(':') < 0 ? peer.address : "\"[" + peer.address + "]\"";
        String element = "for=" + node + (host == null ? "" : ";host=\"" + host + "\"") + ";proto=http";
        headers.set(FORWARDED, elements.isEmpty() ? element : elements + ", " + element);
    }

    /** Many servers hand X_Real_IP to a program as if it were X-Real-IP; and nobody but a proxy forwards, whatever he calls it. */
    private static void dropToldByProxies(HttpHeaders headers) {
        for (String name : headers.names()) {
            String plain = name.replace('_', '-').toLowerCase(Locale.ROOT);
            if (ABOUT_WHO_ASKS.contains(plain) || plain.startsWith(FORWARDS)) {
                headers.remove(name);
            }
        }
    }

    private static String joined(List<String> values) {
        return values.size() == 1 ? values.get(0) : String.join(", ", values);
    }
}
