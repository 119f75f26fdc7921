package dev.sidecar.access;

import dev.sidecar.access.AccessMetrics.Refusal;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.Cookie.SameSite;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.web.servlet.ServletListenerRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.InsufficientAuthenticationException;
import org.springframework.security.authentication.ProviderManager;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.security.web.authentication.LoginUrlAuthenticationEntryPoint;
import org.springframework.security.web.authentication.UsernamePasswordAuthenticationFilter;
import org.springframework.security.web.authentication.www.BasicAuthenticationFilter;
import org.springframework.security.web.context.SecurityContextHolderFilter;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;

/** Opens three doors: hooks for Alertmanager, the actuator for Prometheus, and everything else for a person or a script with a role. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication
class ServerAccessConfiguration {

    /** Pages load nothing from elsewhere, run no inline scripts, and cannot be framed. */
    private static final String CONTENT_POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
                    + " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    private static final LoginAttempts.Pace PACE = LoginAttempts.Pace.NORMAL;

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
    LoginAttempts loginAttempts(AccessProperties properties, Clock clock) {
        return new LoginAttempts(properties.maxFailures(), properties.lockedFor(), PACE, clock);
    }

    @Bean
    ApiTokens apiTokens(AccessProperties properties, Clock clock) {
        return new ApiTokens(properties.tokensFile(), clock);
    }

    @Bean
    TokensController tokensController(ApiTokens tokens, Clock clock) {
        return new TokensController(tokens, clock);
    }

    @Bean
    IssuerClient issuerClient(OidcProperties properties) {
        return new IssuerClient(properties.caFile());
    }

    @Bean
    BackChannelLogout backChannelLogout(
            Issuer issuer,
            OidcProperties oidc,
            LoginAttempts attempts,
            AccessMetrics metrics,
            AccessProperties properties,
            Clock clock) {
        return new BackChannelLogout(issuer, oidc, attempts, metrics, properties.sessionLifetime(), clock);
    }

    /** It belongs only to its own address. */
    @Bean
    FilterRegistrationBean<BackChannelLogout> logoutsAtTheirAddressOnly(BackChannelLogout logouts) {
        FilterRegistrationBean<BackChannelLogout> registration = new FilterRegistrationBean<>(logouts);
        registration.setEnabled(false);
        return registration;
    }

    /** The issuer has no login here: what it posts is signed. */
    @Bean
    @Order(3)
    SecurityFilterChain issuerAccess(HttpSecurity http, BackChannelLogout logouts) throws Exception {
        Refused refused = new Refused("Post a logout token of the issuer.", 0);
        return stateless(http.securityMatcher(BackChannelLogout.PATH), refused)
                .addFilterBefore(logouts, AuthorizationFilter.class)
                .authorizeHttpRequests(requests -> requests.anyRequest().denyAll())
                .build();
    }

    @Bean
    Issuer issuer(OidcProperties properties, IssuerClient client, Clock clock) {
        return new Issuer(properties, client, clock);
    }

    /** A person comes back from the issuer by a link of a foreign page, with which a browser sends no cookie that is Strict. */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> cookieOfTheWayBack(OidcProperties properties) {
        return server -> {
            if (properties.isOn()) {
                server.getSettings().getSession().getCookie().setSameSite(SameSite.LAX);
            }
        };
    }

    @Bean
    ServletListenerRegistrationBean<Strangers> strangers() {
        return new ServletListenerRegistrationBean<>(new Strangers());
    }

    @Bean
    AuthenticationManager authenticationManager(
            Credentials credentials, LoginAttempts attempts, AccessMetrics metrics) {
        return new ProviderManager(new AdminLogin(credentials.adminPassword(), attempts, metrics));
    }

    /** It comes before the login, which could redirect, and after the filter that counts and logs requests. */
    @Bean
    FilterRegistrationBean<AllowedHosts> allowedHosts(AccessProperties properties) {
        FilterRegistrationBean<AllowedHosts> registration =
                new FilterRegistrationBean<>(new AllowedHosts(properties.hosts()));
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE + 1);
        return registration;
    }

    /** Tomcat itself has to know the client's scheme: its session cookie is only then marked Secure. */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> namedProxies(AccessProperties properties) {
        String networks = NamedProxies.list(properties.trustedProxies());
        return server -> {
            if (!networks.isEmpty()) {
                server.addEngineValves(NamedProxies.valve(networks));
            }
        };
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
    SecurityFilterChain actuatorAccess(HttpSecurity http, Credentials credentials, AccessMetrics metrics)
            throws Exception {
        Refused refused = new Refused(
                "Present the metrics token (Authorization: Bearer <token>) or log in.",
                PACE.longest().toSeconds());
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
     * it has none to send with a request that a foreign page makes it send; if it has them anyway (somebody typed them into the address),
     * it says where the request comes from.
     */
    private static boolean bringsItsOwnAuthorization(HttpServletRequest request) {
        String from = request.getHeader("Sec-Fetch-Site");
        return request.getHeader(HttpHeaders.AUTHORIZATION) != null
                && (from == null ? !isOfAPage(request) : from.equals("none") || from.equals("same-origin"));
    }

    /** Over plain HTTP a browser leaves Sec-Fetch-Site out, but no browser sends a page's change without naming its origin. */
    private static boolean isOfAPage(HttpServletRequest request) {
        return request.getHeader(HttpHeaders.ORIGIN) != null
                || request.getHeader(HttpHeaders.REFERER) != null
                || request.getHeader(HttpHeaders.COOKIE) != null;
    }

    /** Pages redirect to the login; the API answers with the credentials that it needs. */
    @Bean
    @Order(1000)
    SecurityFilterChain personAccess(
            HttpSecurity http,
            Credentials credentials,
            AccessProperties properties,
            ActionAudit audit,
            LoginAttempts attempts,
            AccessMetrics metrics,
            ApiTokens tokens,
            Issuer issuer,
            OidcProperties oidc,
            IssuerClient client,
            BackChannelLogout logouts,
            Clock clock)
            throws Exception {
        LoginSessions sessions = new LoginSessions(credentials, properties.sessionLifetime(), logouts::isOver, clock);
        Refused refused = new Refused(
                "Log in, or send user and password (HTTP Basic) or a token (Authorization: Bearer) with the request.",
                PACE.longest().toSeconds());
        new OidcLogin(issuer, oidc, client, attempts, metrics).addTo(http, sessions);
        return guarded(http)
                .addFilterBefore(sessions, SecurityContextHolderFilter.class)
                .addFilterBefore(audit, AuthorizationFilter.class)
                .addFilterBefore(
                        new TokenLogin(tokens, attempts, metrics, refused, clock), BasicAuthenticationFilter.class)
                .addFilterBefore(
                        new LoginLink(properties.loginLink(), sessions, attempts, metrics, clock),
                        UsernamePasswordAuthenticationFilter.class)
                .authorizeHttpRequests(Permissions::decide)
                .requestCache(cache -> cache.requestCache(new WantedPage()))
                .formLogin(form -> form.loginPage("/login")
                        .successHandler(sessions.onLogin())
                        .permitAll())
                .logout(logout -> logout.logoutSuccessHandler((request, response, login) -> {
                    issuer.leaving(request, login);
                    response.sendRedirect(request.getContextPath() + "/login?logout");
                }))
                .httpBasic(basic -> basic.authenticationEntryPoint(refused))
                .csrf(csrf -> csrf.ignoringRequestMatchers(ServerAccessConfiguration::bringsItsOwnAuthorization))
                .exceptionHandling(failures -> failures.defaultAuthenticationEntryPointFor(
                                refused,
                                PathPatternRequestMatcher.withDefaults().matcher("/api/**"))
                        .defaultAuthenticationEntryPointFor(
                                relative(new LoginUrlAuthenticationEntryPoint("/login")), request -> true)
                        .defaultAccessDeniedHandlerFor(
                                refused,
                                PathPatternRequestMatcher.withDefaults().matcher("/api/**"))
                        .defaultAccessDeniedHandlerFor(
                                ServerAccessConfiguration::askForLogin,
                                ServerAccessConfiguration::isOfAnUnknownSession))
                .build();
    }

    /** A form of a session that is over, or that another sidecar behind the same balancer began. */
    private static boolean isOfAnUnknownSession(HttpServletRequest request) {
        return request.getRequestedSessionId() != null
                && !request.isRequestedSessionIdValid()
                && !request.getRequestURI().equals(request.getContextPath() + "/login");
    }

    private static void askForLogin(
            HttpServletRequest request, HttpServletResponse response, AccessDeniedException refused)
            throws IOException, ServletException {
        relative(new LoginUrlAuthenticationEntryPoint("/login"))
                .commence(
                        request,
                        response,
                        new InsufficientAuthenticationException("the session is not of this sidecar", refused));
    }

    private static LoginUrlAuthenticationEntryPoint relative(LoginUrlAuthenticationEntryPoint login) {
        login.setFavorRelativeUris(true);
        return login;
    }
}
