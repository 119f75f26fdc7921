package dev.sidecar.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.SidecarApplication;
import dev.sidecar.support.LocalIssuer;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.TestCertificate;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * A person with a real browser logs in at an issuer, with TLS and on another site, as issuers are: the sidecar is at localhost, the issuer
 * at 127.0.0.1.
 */
class LoginAtIssuerTest {

    private static final String PASSWORD = "correct-horse-battery";
    private static final List<String> PAGES = List.of(
            "/readiness", "/reports", "/backups", "/recovery", "/alerts", "/requests", "/runbooks/BackupLate.md");

    @TempDir
    static Path folder;

    private static PostgresServer server;
    private static LocalIssuer issuer;
    private static ConfigurableApplicationContext sidecar;
    private static String base;

    @BeforeAll
    static void start() throws Exception {
        server = PostgresServer.start();
        String database = server.createDatabase("shop");
        Path trusted = folder.resolve("issuer.pem");
        issuer = LocalIssuer.withTls(TestCertificate.tls(folder, "localhost", trusted));
        sidecar = SpringApplication.run(
                SidecarApplication.class,
                "--server.port=0",
                "--sidecar.access.admin-password=" + PASSWORD,
                "--sidecar.access.directory=" + folder.resolve("access"),
                "--sidecar.backup.server.host=" + server.host(),
                "--sidecar.backup.server.port=" + server.port(),
                "--sidecar.backup.server.user=" + server.user(),
                "--sidecar.backup.server.password=" + server.password(),
                "--sidecar.backup.server.databases=" + database,
                "--sidecar.backup.directory=" + folder.resolve("backups"),
                "--sidecar.access.oidc.issuer=" + issuer.address(),
                "--sidecar.access.oidc.client-id=" + LocalIssuer.CLIENT,
                "--sidecar.access.oidc.client-secret=" + LocalIssuer.SECRET,
                "--sidecar.access.oidc.ca-file=" + trusted,
                "--sidecar.access.oidc.viewers=staff",
                "--sidecar.access.oidc.operators=on-call");
        base = "http://localhost:" + sidecar.getEnvironment().getProperty("local.server.port");
    }

    @AfterAll
    static void stop() {
        if (sidecar != null) {
            sidecar.close();
        }
        if (issuer != null) {
            issuer.close();
        }
        server.close();
    }

    @Test
    void anOperatorLogsInActsAndLogsOut() throws Exception {
        issuer.person(Map.of("sub", "a-1", "preferred_username", "alice", "groups", List.of("on-call")));
        try (Browser alice = browser()) {
            logIn(alice);
            assertThat(alice.text(".who")).isEqualTo("alice");
            alice.open("/backups");
            alice.press("Take a backup now");
            alice.awaitText("#tasks .card", "done");

            alice.press("Log out");
            alice.awaitText("[role=status]", "You are logged out here");
            alice.press("log out there as well");
            alice.awaitText("h1", "Logged out of the issuer");
            alice.open("/backups");
            assertThat(alice.address()).endsWith("/login");
        }
    }

    /** What a viewer may not do has no button, on any page, and each page says why. */
    @Test
    void aViewerSeesEveryPageWithoutAButtonThatChangesSomething() throws Exception {
        try (Browser admin = browser().logIn(PASSWORD)) {
            admin.open("/backups");
            admin.press("Take a backup now");
            admin.awaitText("#tasks .card", "done");
            assertThat(admin.count("form[method=post]")).isGreaterThan(1);
        }
        issuer.person(Map.of("sub", "b-2", "email", "bob@our-team.net", "groups", List.of("staff")));
        try (Browser bob = browser()) {
            logIn(bob);
            assertThat(bob.text(".who")).isEqualTo("bob@our-team.net, viewer");
            for (String page : PAGES) {
                bob.open(page);

                assertThat(bob.texts("form[method=post] button")).as(page).containsExactly("Log out");
                assertThat(bob.count("[hx-post]")).as(page).isZero();
                if (!page.startsWith("/requests") && !page.startsWith("/runbooks")) {
                    assertThat(bob.text("[role=note]")).as(page).contains("You are a viewer");
                }
                assertThat(bob.overflow()).as(page).isLessThanOrEqualTo(0);
            }
            bob.open("/backups");
            bob.press("Restore plan");
            assertThat(bob.text("[role=note]")).contains("You are a viewer");
            assertThat(bob.texts("form[method=post] button")).containsExactly("Log out");
            bob.open("/backups");
            bob.size(360, 740);
            assertThat(bob.overflow()).isLessThanOrEqualTo(0);
            bob.picture("backups-of-a-viewer-on-a-telephone");
            bob.size(1200, 900);
            bob.open("/readiness");
            bob.awaitText("#proof-SEC-6 .badge", "held");
            assertThat(bob.texts("form[method=post] button"))
                    .as("after the page replaced its parts")
                    .containsExactly("Log out");
            bob.picture("readiness-of-a-viewer");
        }
    }

    @Test
    void theLoginPageCanBeReadEverywhereWithTheIssuerThereAndAway() throws Exception {
        issuer.person(Map.of("sub", "c-3", "groups", List.of("sales")));
        try (Browser page = browser()) {
            page.open("/login");
            look(page, "login-at-issuer");
            page.press("Log in at 127.0.0.1");
            page.click("#agree");
            page.awaitText("[role=alert]", "none of your groups has a role here");
            look(page, "login-refused");

            issuer.stop();
            // It was asked a moment ago.
            Awaitility.await().atMost(Duration.ofMinutes(3)).untilAsserted(() -> {
                page.open("/login");
                assertThat(page.texts("[role=status]"))
                        .anySatisfy(text -> assertThat(text).contains("127.0.0.1 does not answer"));
            });
            assertThat(page.count("a[href='/oauth2/authorization/oidc']")).isZero();
            look(page, "login-without-issuer");
            page.logIn(PASSWORD);
            page.awaitText("h1", "Readiness");
        } finally {
            issuer.stop();
            issuer.start();
        }
    }

    private static void look(Browser page, String name) throws Exception {
        for (boolean dark : new boolean[] {false, true}) {
            page.dark(dark);
            for (int width : new int[] {360, 1200}) {
                page.size(width, 740);
                assertThat(page.overflow()).isLessThanOrEqualTo(0);
                assertThat(page.faint()).as("%s, dark: %s", name, dark).isEmpty();
                page.picture(name + (dark ? "-dark-" : "-light-") + width);
            }
        }
        page.dark(false);
    }

    private static Browser browser() {
        return new Browser(base, "--ignore-certificate-errors");
    }

    private static void logIn(Browser person) {
        Awaitility.await("the issuer is there").atMost(Duration.ofMinutes(2)).untilAsserted(() -> {
            person.open("/login");
            assertThat(person.count("a[href='/oauth2/authorization/oidc']")).isEqualTo(1);
        });
        person.press("Log in at 127.0.0.1");
        person.click("#agree");
        person.awaitText("h1", "Readiness");
    }
}
