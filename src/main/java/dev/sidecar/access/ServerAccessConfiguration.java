package dev.sidecar.access;

import dev.sidecar.access.AccessMetrics.Refusal;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.ProviderManager;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.security.web.authentication.LoginUrlAuthenticationEntryPoint;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;

/** Opens three doors: hooks for Alertmanager, the actuator for Prometheus, and everything else for a person who is logged in. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication
class ServerAccessConfiguration {

    /** Pages load nothing from elsewhere, run no inline scripts, and cannot be framed. */
    private static final String CONTENT_POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
                    + " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    @Bean
    Credentials credentials(AccessProperties properties) {
        return Credentials.from(properties);
    }

    @Bean
    AccessMetrics accessMetrics(MeterRegistry registry) {
        return new AccessMetrics(registry);
    }

    @Bean
    ActionAudit actionAudit() {
        return new ActionAudit();
    }

    /** The audit belongs only into the chain for persons, where the user is known. */
    @Bean
    FilterRegistrationBean<ActionAudit> auditOfPersonsOnly(ActionAudit audit) {
        FilterRegistrationBean<ActionAudit> registration = new FilterRegistrationBean<>(audit);
        registration.setEnabled(false);
        return registration;
    }

    @Bean
    AuthenticationManager authenticationManager(
            Credentials credentials, AccessProperties properties, Clock clock, AccessMetrics metrics) {
        LoginAttempts attempts = new LoginAttempts(properties.maxFailures(), properties.lockedFor(), clock);
        return new ProviderManager(new AdminLogin(credentials.adminPassword(), attempts, metrics));
    }

    @Bean
    @Order(1)
    SecurityFilterChain hooksAccess(HttpSecurity http, Credentials credentials, AccessMetrics metrics)
            throws Exception {
        Refused refused = new Refused("Present the webhook token: Authorization: Bearer <token>.", 0);
        return stateless(http.securityMatcher("/hooks/**"), refused)
                .authorizeHttpRequests(requests -> requests.anyRequest().access((login, context) -> {
                    boolean right = BearerToken.is(credentials.webhookToken(), context.getRequest());
                    if (!right) {
                        metrics.refused(Refusal.WEBHOOK_TOKEN);
                    }
                    return new AuthorizationDecision(right);
                }))
                .build();
    }

    @Bean
    @Order(2)
    SecurityFilterChain actuatorAccess(
            HttpSecurity http, Credentials credentials, AccessProperties properties, AccessMetrics metrics)
            throws Exception {
        Refused refused = new Refused(
                "Present the metrics token (Authorization: Bearer <token>) or log in.",
                properties.lockedFor().toSeconds());
        return stateless(http.securityMatcher("/actuator/**"), refused)
                .httpBasic(basic -> basic.authenticationEntryPoint(refused))
                .authorizeHttpRequests(requests -> requests.requestMatchers("/actuator/health/**")
                        .permitAll()
                        .anyRequest()
                        .access(new MetricsAccess(credentials.metricsToken(), metrics)))
                .build();
    }

    private static HttpSecurity stateless(HttpSecurity http, Refused refused) throws Exception {
        return guarded(http)
                .csrf(AbstractHttpConfigurer::disable)
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .exceptionHandling(
                        failures -> failures.authenticationEntryPoint(refused).accessDeniedHandler(refused));
    }

    private static HttpSecurity guarded(HttpSecurity http) throws Exception {
        return http.headers(headers -> headers.contentSecurityPolicy(policy -> policy.policyDirectives(CONTENT_POLICY))
                .referrerPolicy(policy -> policy.policy(ReferrerPolicy.SAME_ORIGIN)));
    }

    /**
     * A command or a script that sends user and password itself needs no CSRF token. We never ask a browser for them by HTTP Basic, so
     * it has none to send with a request that a foreign page makes it send; if it has them anyway, it says where the request comes from.
     */
    private static boolean bringsItsOwnAuthorization(HttpServletRequest request) {
        String from = request.getHeader("Sec-Fetch-Site");
        return request.getHeader(HttpHeaders.AUTHORIZATION) != null
                && (from == null || from.equals("none") || from.equals("same-origin"));
    }

    /** Pages redirect to the login; the API answers with the credentials that it needs. */
    @Bean
    @Order(1000)
    SecurityFilterChain personAccess(HttpSecurity http, AccessProperties properties, ActionAudit audit)
            throws Exception {
        Refused refused = new Refused(
                "Log in, or send user and password with the request (HTTP Basic).",
                properties.lockedFor().toSeconds());
        return guarded(http)
                .addFilterAfter(audit, AuthorizationFilter.class)
                .authorizeHttpRequests(requests -> requests.requestMatchers("/error", "/assets/**", "/webjars/**")
                        .permitAll()
                        .anyRequest()
                        .authenticated())
                .formLogin(form -> form.loginPage("/login").permitAll())
                .httpBasic(basic -> basic.authenticationEntryPoint(refused))
                .csrf(csrf -> csrf.ignoringRequestMatchers(ServerAccessConfiguration::bringsItsOwnAuthorization))
                .exceptionHandling(failures -> failures.defaultAuthenticationEntryPointFor(
                                refused,
                                PathPatternRequestMatcher.withDefaults().matcher("/api/**"))
                        .defaultAuthenticationEntryPointFor(
                                new LoginUrlAuthenticationEntryPoint("/login"), request -> true)
                        .defaultAccessDeniedHandlerFor(
                                refused,
                                PathPatternRequestMatcher.withDefaults().matcher("/api/**")))
                .build();
    }
}
