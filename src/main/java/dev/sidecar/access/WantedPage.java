package dev.sidecar.access;

import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.security.web.savedrequest.HttpSessionRequestCache;

/**
 * Remembers the address of the page that somebody wanted before the login, and nothing else of the request: whoever asks for it is a
 * stranger still, and a request has many kilobytes of headers.
 */
final class WantedPage extends HttpSessionRequestCache {

    private static final int LONGEST = 1_000;

    WantedPage() {
        setRequestMatcher(WantedPage::isAPage);
    }

    private static boolean isAPage(HttpServletRequest request) {
        String accepted = request.getHeader(HttpHeaders.ACCEPT);
        String query = request.getQueryString();
        return request.getMethod().equals("GET")
                && (accepted == null || accepted.contains("text/html"))
                && request.getHeader("HX-Request") == null
                && request.getRequestURI().length() + (query == null ? 0 : query.length()) <= LONGEST;
    }

    @Override
    public void saveRequest(HttpServletRequest request, HttpServletResponse response) {
        super.saveRequest(new Address(request), response);
    }

    /** Uses the request that comes after the login as it is, because nothing of the saved one is kept but its address. */
    @Override
    public @Nullable HttpServletRequest getMatchingRequest(HttpServletRequest request, HttpServletResponse response) {
        super.getMatchingRequest(request, response);
        return null;
    }

    private static final class Address extends HttpServletRequestWrapper {

        Address(HttpServletRequest request) {
            super(request);
        }

        @Override
        public Enumeration<String> getHeaderNames() {
            return Collections.emptyEnumeration();
        }

        @Override
        public Enumeration<Locale> getLocales() {
            return Collections.emptyEnumeration();
        }

        @Override
        public Map<String, String[]> getParameterMap() {
            return Map.of();
        }

        @Override
        public Cookie @Nullable [] getCookies() {
            return null;
        }
    }
}
