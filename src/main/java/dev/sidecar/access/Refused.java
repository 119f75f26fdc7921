package dev.sidecar.access;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.MDC;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.authentication.LockedException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.access.AccessDeniedHandler;
import org.springframework.security.web.csrf.CsrfException;
import tools.jackson.databind.json.JsonMapper;

/** Answers a refused request with a problem detail (RFC 9457) that says what is needed. */
final class Refused implements AuthenticationEntryPoint, AccessDeniedHandler {

    private final String needed;
    private final long retryAfterSeconds;

    /** @param needed a sentence that says what to present */
    Refused(String needed, long retryAfterSeconds) {
        this.needed = needed;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    @Override
    public void commence(HttpServletRequest request, HttpServletResponse response, AuthenticationException reason)
            throws IOException {
        if (reason instanceof LockedException) {
            response.setHeader(HttpHeaders.RETRY_AFTER, String.valueOf(retryAfterSeconds));
            answer(
                    response,
                    HttpStatus.TOO_MANY_REQUESTS,
                    "Too many logins at once, after too many failed ones. Try again in a few seconds.");
        } else {
            // Not "Basic": a browser would remember the password and send it along with requests of other pages.
            response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer realm=\"sidecar\"");
            answer(response, HttpStatus.UNAUTHORIZED, needed);
        }
    }

    @Override
    public void handle(HttpServletRequest request, HttpServletResponse response, AccessDeniedException reason)
            throws IOException {
        answer(
                response,
                HttpStatus.FORBIDDEN,
                reason instanceof CsrfException
                        ? "Not allowed. A request that changes something needs the page's CSRF token or an Authorization header."
                        : "Not allowed for your role. What starts or changes something needs the role operator; tokens need the local user.");
    }

    static void answer(HttpServletResponse response, HttpStatus status, String detail) throws IOException {
        Map<String, Object> problem = new LinkedHashMap<>();
        problem.put("type", "about:blank");
        problem.put("title", status.getReasonPhrase());
        problem.put("status", status.value());
        problem.put("detail", detail);
        if (MDC.get("request_id") != null) {
            problem.put("request_id", MDC.get("request_id"));
        }
        response.setStatus(status.value());
        response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
        JsonMapper.shared().writeValue(response.getOutputStream(), problem);
    }
}
