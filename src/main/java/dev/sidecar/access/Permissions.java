package dev.sidecar.access;

import static org.springframework.http.HttpMethod.GET;
import static org.springframework.http.HttpMethod.HEAD;
import static org.springframework.http.HttpMethod.POST;

import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AuthorizeHttpRequestsConfigurer;

/**
 * Says which role each request of a person or a script needs. What is not listed needs an operator, so that a forgotten page is closed to
 * viewers and not open to them; a test compares all requests that the server answers with a table.
 */
final class Permissions {

    /** Open to everybody: the login itself, what it looks like, and the pages of errors. */
    private static final String[] EVERYBODY = {"/error", "/assets/**", "/webjars/**"};

    /** Looking, which changes nothing and shows no secret. */
    private static final String[] LOOKING = {
        "/",
        "/readiness",
        "/readiness/changes",
        "/reports",
        "/backups",
        "/backups/tasks",
        "/backups/{id}/restore",
        "/recovery",
        "/recovery/beside",
        "/alerts",
        "/alerts/count",
        "/requests",
        "/runbooks/*",
        "/api/report",
        "/api/report.md",
        "/api/reports",
        "/api/reports/*",
        "/api/backups",
        "/api/backups/*",
        "/api/backups/tasks/{task}",
        "/api/alerts",
        "/api/alerts/routes",
        "/api/alerts/drills/{id}",
        "/api/maintenance"
    };

    /** It is asked for by POST, as it has a body, and touches nothing. */
    private static final String PLAN = "/api/backups/{id}/restore/plan";

    private Permissions() {}

    static void decide(
            AuthorizeHttpRequestsConfigurer<HttpSecurity>.AuthorizationManagerRequestMatcherRegistry requests) {
        requests.requestMatchers(EVERYBODY).permitAll();
        requests.requestMatchers(GET, "/login").permitAll();
        requests.requestMatchers(GET, LOOKING).hasRole(Role.VIEWER.name());
        requests.requestMatchers(HEAD, LOOKING).hasRole(Role.VIEWER.name());
        requests.requestMatchers(POST, PLAN).hasRole(Role.VIEWER.name());
        requests.requestMatchers("/api/tokens", "/api/tokens/**").hasRole(Role.ADMIN.name());
        requests.anyRequest().hasRole(Role.OPERATOR.name());
    }
}
