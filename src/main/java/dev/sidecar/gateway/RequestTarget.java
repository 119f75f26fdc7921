package dev.sidecar.gateway;

import io.netty.handler.codec.http.HttpMethod;
import io.netty.util.NetUtil;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Says what a request asks for, in the one form in which the API gets it, whatever form the client chose.
 *
 * @param uri path and query, as received, or {@code *}
 * @param authority the host that the target itself names, which outweighs the header; null if it names none
 */
record RequestTarget(String uri, @Nullable String authority) {

    private static final int MOST_PORT_DIGITS = 5;
    private static final int LARGEST_PORT = 65535;

    /** Reads a target of any form. @return null if two programs could read it in two ways, or if it is not for us */
    static @Nullable RequestTarget of(HttpMethod method, String target) {
        if (method.equals(HttpMethod.CONNECT) || !isClean(target)) {
            return null;
        }
        if (target.startsWith("/")) {
            return new RequestTarget(target, null);
        }
        if (target.equals("*")) {
            return method.equals(HttpMethod.OPTIONS) ? new RequestTarget(target, null) : null;
        }
        return absolute(method, target);
    }

    /** A fragment stays with the client; one in a target is read by some and passed by others. */
    private static boolean isClean(String target) {
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c <= ' ' || c == 0x7f || c == '#') {
                return false;
            }
        }
        return true;
    }

    private static @Nullable RequestTarget absolute(HttpMethod method, String target) {
        int scheme = target.indexOf("://");
        if (scheme < 0 || !isHttp(target.substring(0, scheme))) {
            return null;
        }
        int begin = scheme + 3;
        int end = begin;
        while (end < target.length() && target.charAt(end) != '/' && target.charAt(end) != '?') {
            end++;
        }
        String authority = target.substring(begin, end);
        if (!isAuthority(authority)) {
            return null;
        }
        String rest = target.substring(end);
        if (rest.isEmpty()) {
            return new RequestTarget(method.equals(HttpMethod.OPTIONS) ? "*" : "/", authority);
        }
        return new RequestTarget(rest.startsWith("?") ? "/" + rest : rest, authority);
    }

    private static boolean isHttp(String scheme) {
        String lower = scheme.toLowerCase(Locale.ROOT);
        return lower.equals("http") || lower.equals("https");
    }

    /** A host with or without a port, as RFC 3986 writes them; nobody's user. */
    static boolean isAuthority(String authority) {
        if (authority.startsWith("[")) {
            int close = authority.indexOf(']');
            // A zone is of the client's own host, and Netty takes any characters for one, such as those that end a
            // quoted string.
            return close > 0
                    && authority.indexOf('%') < 0
                    && NetUtil.isValidIpV6Address(authority.substring(1, close))
                    && isPort(authority.substring(close + 1));
        }
        int colon = authority.indexOf(':');
        int end = colon < 0 ? authority.length() : colon;
        return end > 0 && isName(authority.substring(0, end)) && isPort(authority.substring(end));
    }

    private static boolean isName(String host) {
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (!isOfName(c) && !isEscape(host, i)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isOfName(char c) {
        return c >= 'a' && c <= 'z'
                || c >= 'A' && c <= 'Z'
                || c >= '0' && c <= '9'
                || "-._~!$&'()*+,;=".indexOf(c) >= 0;
    }

    /** An escaped letter, or byte of one. An escaped delimiter would be another host to a program that looks at it once more. */
    private static boolean isEscape(String host, int at) {
        boolean escape = host.charAt(at) == '%'
                && at + 2 < host.length()
                && isHex(host.charAt(at + 1))
                && isHex(host.charAt(at + 2));
        if (!escape) {
            return false;
        }
        int octet = Integer.parseInt(host.substring(at + 1, at + 3), 16);
        return octet >= 0x80 || isOfName((char) octet);
    }

    private static boolean isHex(char c) {
        return Character.digit(c, 16) >= 0 && c < 0x80;
    }

    /** Nothing, or a colon and the digits of a port, of which there may be none. */
    private static boolean isPort(String port) {
        if (port.isEmpty()) {
            return true;
        }
        return port.charAt(0) == ':'
                && port.length() <= 1 + MOST_PORT_DIGITS
                && port.chars().skip(1).allMatch(c -> c >= '0' && c <= '9')
                && (port.length() == 1 || Integer.parseInt(port.substring(1)) <= LARGEST_PORT);
    }
}
