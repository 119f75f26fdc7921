package dev.sidecar.access;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.nimbusds.jwt.SignedJWT;
import dev.sidecar.SidecarApplication;
import dev.sidecar.support.LocalIssuer;
import dev.sidecar.support.LocalIssuer.Fault;
import dev.sidecar.support.MutableClock;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;

/** The whole server and an issuer that signs real tokens, honest and not. */
class OidcLoginTest {

    private static final String PASSWORD = "correct-horse-battery";
    private static final Map<String, Object> ALICE =
            Map.of("sub", "a-1", "preferred_username", "alice", "groups", List.of("staff", "sidecar-operators"));
    private static final Map<String, Object> BOB =
            Map.of("sub", "b-2", "email", "bob@our-team.net", "groups", List.of("staff"));

    private static final ListAppender<ILoggingEvent> LOG = new ListAppender<>();

    @TempDir
    static Path folder;

    private static MutableClock clock;
    private static LocalIssuer issuer;
    private static ConfigurableApplicationContext sidecar;
    private static String base;

    @BeforeAll
    static void start() {
        LOG.list = new CopyOnWriteArrayList<>();
        LOG.start();
        clock = new MutableClock(Instant.now().toString());
        issuer = LocalIssuer.absent();
        sidecar = start(issuer, clock);
        base = "http://localhost:" + sidecar.getEnvironment().getProperty("local.server.port");
        issuer.start();
        listen();
    }

    /** Each start of an application sets up logging anew. */
    private static void listen() {
        ((Logger) LoggerFactory.getLogger("audit")).addAppender(LOG);
        ((Logger) LoggerFactory.getLogger("dev.sidecar.access")).addAppender(LOG);
    }

    private static ConfigurableApplicationContext start(LocalIssuer issuer, Clock clock) {
        return new SpringApplicationBuilder(SidecarApplication.class)
                .initializers((ApplicationContextInitializer<GenericApplicationContext>)
                        context -> context.registerBean("clock", Clock.class, () -> clock))
                .properties("spring.main.allow-bean-definition-overriding=true")
                .run(
                        "--server.port=0",
                        "--sidecar.access.directory=" + folder.resolve("access"),
                        "--sidecar.access.admin-password=" + PASSWORD,
                        "--sidecar.access.session-lifetime=2h",
                        "--sidecar.access.max-failures=100",
                        "--sidecar.access.oidc.issuer=" + issuer.address(),
                        "--sidecar.access.oidc.client-id=" + LocalIssuer.CLIENT,
                        "--sidecar.access.oidc.client-secret=" + LocalIssuer.SECRET,
                        "--sidecar.access.oidc.viewers=staff",
                        "--sidecar.access.oidc.operators=sidecar-operators");
    }

    @AfterAll
    static void stop() {
        ((Logger) LoggerFactory.getLogger("audit")).detachAppender(LOG);
        ((Logger) LoggerFactory.getLogger("dev.sidecar.access")).detachAppender(LOG);
        sidecar.close();
        issuer.close();
    }

    @BeforeEach
    void honest() {
        issuer.fault(Fault.NONE);
        // What was known of the issuer is old enough to be asked for again.
        clock.tick(Duration.ofMinutes(2));
    }

    @Test
    void anOperatorChangesThingsAndAViewerOnlyLooks() throws Exception {
        issuer.person(ALICE);
        Surfer alice = new Surfer(base);
        assertThat(alice.logIn().body()).contains("<h1>Readiness</h1>", ">alice</span>", "Prove all now");
        assertThat(change(alice)).isEqualTo(202);
        issuer.person(BOB);
        Surfer bob = new Surfer(base);
        assertThat(bob.logIn().body())
                .contains("bob@our-team.net, viewer", "You are a viewer")
                .doesNotContain("Prove all now", "Prove now", "Start maintenance");
        HttpResponse<String> refused = bob.send(
                bob.to("/api/report/drills").header("X-CSRF-TOKEN", bob.csrf()).POST(BodyPublishers.noBody()));

        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("role operator").doesNotContain("CSRF");
        assertThat(logged())
                .contains(
                        "action taken who=\"alice (oidc:a-1)\" action=\"log in\" client_ip=\"127.0.0.1\" result=\"accepted\"",
                        "action taken who=\"alice (oidc:a-1)\" action=\"POST\" what=\"/api/report/drills\" result=\"202\"",
                        "action refused who=\"bob@our-team.net (oidc:b-2)\" action=\"POST\" what=\"/api/report/drills\""
                                + " result=\"refused: not allowed for this role\"");
    }

    @Test
    void whoHasNoMappedGroupIsToldSoAndIsNotLoggedIn() throws Exception {
        issuer.person(Map.of("sub", "c-3", "name", "Carol", "groups", List.of("sales")));
        Surfer carol = new Surfer(base);

        assertThat(carol.logIn().body()).contains("none of your groups has a role here");
        assertThat(carol.get("/api/report").statusCode()).isEqualTo(401);
        assertThat(logged()).contains("who=\"Carol (oidc:c-3)\"", "groups=\"sales\"");
    }

    /** As GitLab does. */
    @Test
    void groupsThatOnlyTheUserInfoNamesGiveRolesToo() throws Exception {
        issuer.person(
                Map.of("sub", "d-4", "preferred_username", "dora"),
                Map.of("groups", List.of("sidecar-operators"), "preferred_username", "admin"));
        Surfer dora = new Surfer(base);

        assertThat(dora.logIn().body()).contains(">dora</span>", "Prove all now");
    }

    @Test
    void whatTheTokenSaysOfGroupsIsNotAskedForAgain() throws Exception {
        issuer.person(
                Map.of("sub", "c-3", "name", "Carol", "groups", List.of("sales")),
                Map.of("groups", List.of("sidecar-operators")));
        int before = Collections.frequency(issuer.asked(), "/userinfo");

        assertThat(new Surfer(base).logIn().body()).contains("none of your groups has a role here");
        assertThat(Collections.frequency(issuer.asked(), "/userinfo")).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource({
        "USER_INFO_OF_ANOTHER, was not accepted",
        "USER_INFO_REFUSED, does not answer",
        "USER_INFO_NO_JSON, does not answer",
        "USER_INFO_ENDLESS, does not answer",
        "USER_INFO_REDIRECTS, does not answer",
        "USER_INFO_OVER_PLAIN_HTTP, none of your groups"
    })
    void anUnusableUserInfoGivesNoRole(Fault fault, String words) throws Exception {
        issuer.fault(fault);
        issuer.person(Map.of("sub", "e-5"), Map.of("groups", List.of("sidecar-operators")));
        Surfer eve = new Surfer(base);

        assertThat(eve.logIn().body()).contains(words);
        assertThat(eve.get("/api/report").statusCode()).isEqualTo(401);
    }

    @ParameterizedTest
    @CsvSource({
        "OTHER_ISSUER, was not accepted",
        "OTHER_AUDIENCE, was not accepted",
        "EXPIRED, was not accepted",
        "OTHER_KEY, was not accepted",
        "UNSIGNED, was not accepted",
        "SIGNED_WITH_SECRET, was not accepted",
        "OTHER_NONCE, was not accepted",
        "NO_NONCE, was not accepted",
        "NO_SUBJECT, was not accepted",
        "NO_TOKEN, was not accepted",
        "NUMBER_FOR_TOKEN, was not accepted",
        "NO_JSON, does not answer",
        "ENDLESS_ANSWER, does not answer",
        "REDIRECTS, refused the login",
        "REFUSES_CLIENT, refused the login",
        "OTHER_STATE, in another browser"
    })
    void whatIsWrongIsRefusedWithAMessage(Fault fault, String words) throws Exception {
        issuer.person(ALICE);
        issuer.fault(fault);
        Surfer alice = new Surfer(base);

        HttpResponse<String> page = alice.logIn();

        assertThat(page.uri().getPath()).isEqualTo("/login");
        assertThat(page.body()).contains(words).doesNotContain("<b>no</b>");
        assertThat(alice.get("/api/report").statusCode()).isEqualTo(401);
        issuer.fault(Fault.NONE);
        alice.logIn();
        assertThat(alice.get("/api/report").statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({"METADATA_OF_ANOTHER", "METADATA_WITH_PLAIN_HTTP", "METADATA_ENDLESS"})
    void anIssuerThatSaysStrangeThingsOfItselfIsNotUsed(Fault fault) throws Exception {
        issuer.fault(fault);

        assertThat(new Surfer(base).get("/login").body())
                .contains("does not answer")
                .doesNotContain(IssuerLogin.PATH);
        assertThat(new Surfer(base).follow(IssuerLogin.PATH).body()).contains("The issuer does not answer");
    }

    /** The first one to log in finds an issuer that was away when the sidecar started. */
    @Test
    void anIssuerThatIsAwayAtTheStartIsUsedOnceItIsBack() throws Exception {
        try (LocalIssuer late = LocalIssuer.absent()) {
            MutableClock time = new MutableClock(Instant.now().toString());
            try (ConfigurableApplicationContext other = start(late, time)) {
                String url = "http://localhost:" + other.getEnvironment().getProperty("local.server.port");
                Surfer alice = new Surfer(url);
                HttpResponse<String> login = alice.get("/login");
                assertThat(login.body()).contains("does not answer, so a login there is not possible now");
                HttpResponse<String> local = alice.send(alice.to("/login")
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(BodyPublishers.ofString(
                                "username=admin&password=" + PASSWORD + "&_csrf=" + Surfer.csrf(login.body()))));
                assertThat(local.statusCode()).isEqualTo(302);
                assertThat(alice.get("/api/report").statusCode()).isEqualTo(200);

                late.start();
                late.person(ALICE);
                time.tick(Duration.ofSeconds(6));

                Surfer again = new Surfer(url);
                assertThat(again.get("/login").body()).contains(IssuerLogin.PATH);
                again.logIn();
                assertThat(again.follow("/readiness").body()).contains(">alice</span>");

                late.stop();
                time.tick(Duration.ofMinutes(2));
                assertThat(again.get("/login").body()).contains("does not answer");
                assertThat(again.get("/api/report").statusCode())
                        .as("who is logged in stays so")
                        .isEqualTo(200);
            } finally {
                listen();
            }
        }
    }

    @Test
    void namesAndGroupsOfTheIssuerAreTextAndNothingElse() throws Exception {
        issuer.person(Map.of(
                "sub",
                "m-4",
                "preferred_username",
                "admin\" (oidc:a-1)\u202e\u001b[2J<script>alert(1)</script>" + "x".repeat(5_000),
                "groups",
                List.of("staff")));
        Surfer mallory = new Surfer(base);

        String page = mallory.logIn().body();

        assertThat(page)
                .doesNotContain("<script>alert", "\u202e", "\u001b", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")
                .contains("viewer");
        assertThat(logged())
                .contains("who=\"admin_ _oidc_a-1____2J_script_alert_1___script_xxxxx")
                .contains("(oidc:m-4)\"")
                .doesNotContain("\u001b");
        issuer.person(Map.of("sub", "a-1) (oidc:x", "groups", List.of("sidecar-operators")));
        assertThat(new Surfer(base).logIn().body()).contains("was not accepted");
        issuer.person(Map.of("sub", "n-5", "groups", Map.of("sidecar-operators", true)));
        assertThat(new Surfer(base).logIn().body()).contains("none of your groups");
    }

    @Test
    void whoRefusesAtTheIssuerIsSentBack() throws Exception {
        Surfer alice = new Surfer(base);

        assertThat(alice.follow(alice.askForLogin() + "&error=access_denied").body())
                .contains("You did not agree to the login");
    }

    /** Login CSRF: a code that somebody else got must not log this browser in. */
    @Test
    void aCodeOfAnotherBrowserLogsNobodyIn() throws Exception {
        issuer.person(ALICE);
        String back = new Surfer(base).askForLogin();
        Surfer victim = new Surfer(base);
        victim.askForLogin();

        assertThat(victim.follow(back).body()).contains("in another browser");
        assertThat(victim.get("/api/report").statusCode()).isEqualTo(401);
        assertThat(new Surfer(base).follow("/login/oauth2/code/oidc").body()).contains("in another browser");
        assertThat(new Surfer(base).follow("/oauth2/authorization/other").uri().getPath())
                .isEqualTo("/login");
    }

    @Test
    void theRequestNamesThisServerAndIsBoundByPkceStateAndNonce() throws Exception {
        new Surfer(base).askForLogin();

        assertThat(issuer.asked().get(issuer.asked().size() - 1))
                .startsWith("/authorize")
                .contains(
                        "response_type=code",
                        "client_id=sidecar",
                        "scope=openid profile email",
                        "state=",
                        "nonce=",
                        "code_challenge_method=S256",
                        "redirect_uri=" + base + "/login/oauth2/code/oidc");
    }

    /** However busy it is: what the issuer took away must end some time. */
    @Test
    void aSessionEndsAfterItsLifetime() throws Exception {
        issuer.person(ALICE);
        Surfer alice = new Surfer(base);
        alice.logIn();
        clock.tick(Duration.ofMinutes(119));
        assertThat(alice.get("/api/report").statusCode()).isEqualTo(200);
        clock.tick(Duration.ofMinutes(1));

        assertThat(alice.get("/api/report").statusCode()).isEqualTo(401);
    }

    @Test
    void aLogoutEndsTheSessionHereAndLeadsToTheOneThere() throws Exception {
        issuer.person(ALICE);
        Surfer alice = new Surfer(base);
        alice.logIn();
        HttpResponse<String> out = alice.logOut();

        assertThat(alice.follow(out.headers().firstValue("Location").orElseThrow())
                        .body())
                .contains("You are logged out here", issuer.address() + "/leave");
        assertThat(alice.get("/api/report").statusCode()).isEqualTo(401);
        assertThat(logged()).contains("who=\"alice (oidc:a-1)\" action=\"log out\"");
    }

    /** So the issuer knows whom to log out; some refuse a logout that does not say. */
    @Test
    void theLogoutThereIsTheOneOfThisPerson() throws Exception {
        issuer.person(ALICE);
        Surfer alice = new Surfer(base);
        alice.logIn();
        String page = alice.follow(
                        alice.logOut().headers().firstValue("Location").orElseThrow())
                .body();

        Matcher hint = Pattern.compile("/leave\\?client_id=sidecar&amp;id_token_hint=([^\"&]+)")
                .matcher(page);
        assertThat(hint.find()).as(page).isTrue();
        assertThat(SignedJWT.parse(hint.group(1)).getJWTClaimsSet().getSubject())
                .isEqualTo("a-1");
        assertThat(new Surfer(base).get("/login?logout").body())
                .as("a browser of nobody")
                .doesNotContain("id_token_hint");
    }

    @Test
    void aNewKeyOfTheIssuerIsFetched() throws Exception {
        issuer.person(ALICE);
        new Surfer(base).logIn();
        issuer.rotateKey();

        assertThat(new Surfer(base).logIn().body()).contains(">alice</span>");
        Surfer bob = new Surfer(base);
        issuer.person(BOB);
        bob.logIn();
        assertThat(logoutHere(issuer.logoutToken(clock.instant(), Map.of("sub", "b-2"))))
                .isEqualTo(200);
        assertThat(bob.get("/api/report").statusCode()).isEqualTo(401);
    }

    /** What is taken away at the issuer counts at the next login; a session that runs ends there, or after its lifetime. */
    @Test
    void whoLosesTheRoleGetsInNoMore() throws Exception {
        issuer.person(ALICE);
        Surfer alice = new Surfer(base);
        alice.logIn();
        issuer.person(Map.of("sub", "a-1", "preferred_username", "alice", "groups", List.of("staff")));

        assertThat(change(alice)).isEqualTo(202);
        alice.logOut();
        assertThat(alice.logIn().body()).contains("You are a viewer");
        assertThat(change(alice)).isEqualTo(403);
    }

    @Test
    void theIssuerEndsTheSessionsOfOnePersonOrOneOfThem() throws Exception {
        Map<String, Object> desk = new HashMap<>(ALICE);
        desk.put("sid", "desk");
        Map<String, Object> phone = new HashMap<>(ALICE);
        phone.put("sid", "phone");
        Surfer atTheDesk = in(desk);
        Surfer onThePhone = in(phone);
        Surfer bob = in(BOB);
        clock.tick(Duration.ofSeconds(1));

        assertThat(logoutHere(issuer.logoutToken(clock.instant(), Map.of("sub", "a-1", "sid", "phone"))))
                .isEqualTo(200);
        assertThat(onThePhone.get("/api/report").statusCode()).isEqualTo(401);
        assertThat(atTheDesk.get("/api/report").statusCode()).isEqualTo(200);
        assertThat(logoutHere(issuer.logoutToken(clock.instant(), Map.of("sub", "a-1"))))
                .isEqualTo(200);
        assertThat(atTheDesk.get("/api/report").statusCode()).isEqualTo(401);
        assertThat(bob.get("/api/report").statusCode()).isEqualTo(200);
        assertThat(logged()).contains("who=\"oidc:a-1\" action=\"log out\" result=\"all sessions of this person\"");

        clock.tick(Duration.ofSeconds(1));
        assertThat(in(desk).get("/api/report").statusCode()).as("a new login").isEqualTo(200);
    }

    @Test
    void aTokenThatSomebodyCaughtEndsNothingThatBeganLater() throws Exception {
        in(ALICE);
        String caught = issuer.logoutToken(clock.instant(), Map.of("sub", "a-1"));
        assertThat(logoutHere(caught)).isEqualTo(200);
        clock.tick(Duration.ofSeconds(90));
        Surfer again = in(ALICE);

        assertThat(logoutHere(caught)).isEqualTo(200);
        assertThat(again.get("/api/report").statusCode()).isEqualTo(200);
    }

    static Stream<Map<String, Object>> noLogouts() {
        Map<String, Object> nobody = new HashMap<>();
        nobody.put("sub", null);
        Map<String, Object> without = new HashMap<>();
        without.put("events", null);
        return Stream.of(
                Map.of("iss", "https://evil.example"),
                Map.of("aud", "another-client"),
                Map.of("nonce", "of-a-login"),
                Map.of("events", Map.of("http://schemas.openid.net/event/other", Map.of())),
                Map.of("iat", Date.from(Instant.parse("2026-11-20T00:00:00Z"))),
                Map.of("exp", Date.from(Instant.parse("2026-11-20T00:00:00Z"))),
                without,
                nobody);
    }

    @ParameterizedTest
    @MethodSource("noLogouts")
    void whatIsNoLogoutOfTheIssuerEndsNothing(Map<String, Object> wrong) throws Exception {
        Surfer alice = in(ALICE);
        clock.tick(Duration.ofSeconds(1));
        Map<String, Object> claims = new HashMap<>(Map.of("sub", "a-1"));
        claims.putAll(wrong);

        assertThat(logoutHere(issuer.logoutToken(clock.instant(), claims))).isEqualTo(400);
        assertThat(alice.get("/api/report").statusCode()).isEqualTo(200);
    }

    @Test
    void aForgedOrMissingTokenEndsNothing() throws Exception {
        Surfer alice = in(ALICE);
        clock.tick(Duration.ofSeconds(1));
        issuer.fault(Fault.OTHER_KEY);
        String forged = issuer.logoutToken(clock.instant(), Map.of("sub", "a-1"));

        assertThat(logoutHere(forged)).isEqualTo(400);
        assertThat(logoutHere("")).isEqualTo(400);
        assertThat(logoutHere("a.b.c")).isEqualTo(400);
        assertThat(alice.get(BackChannelLogout.PATH).statusCode()).isEqualTo(405);
        assertThat(alice.get("/api/report").statusCode()).isEqualTo(200);
    }

    private static Surfer in(Map<String, Object> person) throws Exception {
        issuer.person(person);
        Surfer surfer = new Surfer(base);
        surfer.logIn();
        assertThat(surfer.get("/api/report").statusCode()).isEqualTo(200);
        return surfer;
    }

    /** As the issuer posts it: without cookie, login or CSRF token. */
    private static int logoutHere(String token) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(base + BackChannelLogout.PATH))
                                .header("Content-Type", "application/x-www-form-urlencoded")
                                .POST(BodyPublishers.ofString("logout_token=" + token))
                                .build(),
                        HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    /** With Strict a browser would come back from the issuer without the session that began the login. */
    @Test
    void theCookieComesBackFromTheIssuerAndGoesAlongWithNoFormOfOthers() throws Exception {
        assertThat(new Surfer(base)
                        .get("/login")
                        .headers()
                        .firstValue("Set-Cookie")
                        .orElse(""))
                .contains("HttpOnly", "SameSite=Lax");
    }

    private static int change(Surfer person) throws Exception {
        return person.send(person.to("/api/report/drills")
                        .header("X-CSRF-TOKEN", person.csrf())
                        .POST(BodyPublishers.noBody()))
                .statusCode();
    }

    private static String logged() {
        return LOG.list.stream()
                .map(line -> line.getFormattedMessage()
                        + line.getKeyValuePairs().stream()
                                .map(pair -> " " + pair)
                                .collect(Collectors.joining()))
                .collect(Collectors.joining("\n"));
    }
}
