package dev.sidecar.access;

import dev.sidecar.secrets.Secret;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Optional;

/** Reads the header {@code Authorization: Bearer …} of a request. */
final class BearerToken {

    private static final String SCHEME = "Bearer ";

    private BearerToken() {}

    static boolean isPresent(HttpServletRequest request) {
        return of(request).isPresent();
    }

    static boolean is(Secret expected, HttpServletRequest request) {
        return of(request).filter(expected::matches).isPresent();
    }

    static Optional<String> of(HttpServletRequest request) {
        return Optional.ofNullable(request.getHeader("Authorization"))
                .filter(header -> header.regionMatches(true, 0, SCHEME, 0, SCHEME.length()))
                .map(header -> header.substring(SCHEME.length()).strip());
    }
}
