package dev.sidecar.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.SidecarApplication;
import dev.sidecar.support.PostgresServer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** The console as a person uses it: a real browser, the whole sidecar, a real database. */
class ConsoleTest {

    private static final String PASSWORD = "correct-horse-battery";

    @TempDir
    static Path folder;

    private static PostgresServer server;
    private static String database;
    private static ConfigurableApplicationContext sidecar;
    private static String base;
    private static Browser browser;

    @BeforeAll
    static void start() {
        server = PostgresServer.start();
        database = server.createDatabase("shop");
        server.execute(
                database,
                "CREATE TABLE orders (id serial PRIMARY KEY, note text)",
                "INSERT INTO orders (note) SELECT 'order ' || i FROM generate_series(1, 5000) i");
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
                "--sidecar.backup.directory=" + folder.resolve("backups"));
        base = "http://localhost:" + sidecar.getEnvironment().getProperty("local.server.port");
        browser = new Browser(base).logIn(PASSWORD);
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
        }
        if (sidecar != null) {
            sidecar.close();
        }
        server.close();
    }

    @Test
    void aWrongPasswordLetsNobodyIn() throws Exception {
        try (Browser stranger = new Browser(base)) {
            stranger.logIn("guess");

            assertThat(stranger.text("[role=alert]")).contains("Wrong user or password");
            stranger.picture("login");
            stranger.open("/backups");
            assertThat(stranger.address()).endsWith("/login");
        }
    }

    @Test
    void showsWhatIsNotConfiguredAsSuchAndWhatToSet() throws Exception {
        browser.open("/readiness");
        browser.awaitText("#proof-MET-1 .badge", "not configured");

        assertThat(browser.text("#proof-MET-1")).contains("set sidecar.rules.prometheus-url");
        assertThat(browser.text("#proof-LOG-2")).contains("set LOKI_URL");
        assertThat(browser.all(".proof.off .badge.held")).isEmpty();
    }

    @Test
    void aProofIsProvenNowAndThePageFollows() {
        browser.open("/readiness");
        browser.awaitText("#proof-SEC-6 .badge", "held");
        String before = browser.all("#proof-SEC-6 time").get(0).getDomAttribute("datetime");

        browser.pressIn("#proof-SEC-6", "Prove now");

        org.awaitility.Awaitility.await()
                .atMost(java.time.Duration.ofMinutes(1))
                .ignoreExceptions()
                .until(() ->
                        !before.equals(browser.all("#proof-SEC-6 time").get(0).getDomAttribute("datetime")));
    }

    @Test
    void aBackupIsTakenVerifiedAndRestoredIntoANewDatabase() throws Exception {
        browser.open("/backups");
        browser.press("Take a backup now");
        browser.awaitText("#tasks", "done");
        browser.open("/backups");
        browser.awaitText(".proof .badge", "L4");
        assertThat(browser.text(".proof .evidence")).isEqualTo("restored and equal to the manifest");
        browser.picture("backups");

        browser.pressIn(".proof", "Restore…");
        browser.type("into", "shop_again");
        browser.picture("restore");
        browser.press("Restore into it");
        browser.awaitText("#tasks", "restore");
        browser.awaitText("#tasks .card", "done");

        assertThat(server.query("shop_again", "SELECT count(*) FROM orders")).containsExactly("5000");
        browser.open("/readiness");
        browser.pressIn("#proof-BKP-5", "Prove now");
        browser.awaitText("#proof-BKP-5 .badge", "held");
        browser.picture("readiness");
    }

    @Test
    void theLiveDatabaseIsNotReplacedWithoutItsNameTyped() {
        browser.open("/backups");
        browser.press("Take a backup now");
        browser.awaitText("#tasks .card", "done");
        browser.open("/backups");
        browser.pressIn(".proof", "Restore…");
        browser.press("Plan a replacement…");
        browser.type("confirm", "shpo");
        browser.press("Replace");

        assertThat(browser.text("[role=alert]")).contains("Nothing was done").contains(database);
    }

    @Test
    void everythingCanBeReachedByKeyboard() {
        browser.open("/readiness");
        browser.keys(Keys.TAB);
        assertThat(browser.focused().getText()).isEqualTo("Skip to content");
        browser.keys(Keys.TAB, Keys.TAB, Keys.TAB);
        assertThat(browser.focused().getText()).isEqualTo("Backups");
        browser.keys(Keys.ENTER);
        assertThat(browser.address()).endsWith("/backups");
    }

    @Test
    void fitsOnATelephoneAndComplainsOfNothing() throws Exception {
        browser.complaints();
        try {
            browser.size(360, 800);
            for (String page : List.of("/readiness", "/backups", "/alerts", "/requests?id=demo-1")) {
                browser.open(page);
                assertThat(browser.overflow()).as(page).isZero();
                assertThat(browser.loaded()).as(page).allMatch(address -> address.startsWith(base));
            }
            browser.open("/readiness").picture("readiness-small");
            assertThat(browser.complaints()).isEmpty();
        } finally {
            browser.size(1200, 900);
        }
    }

    @Test
    void everyAlertsPageIsShown() {
        browser.open("/runbooks/BackupLate.md");

        assertThat(browser.text("h1")).isEqualTo("BackupLate");
        assertThat(browser.text("main")).contains("How to mend.").doesNotContain("**");
    }

    @Test
    void aRequestIdThatIsNoneIsRefusedInWords() throws Exception {
        browser.open("/requests");
        browser.type("id", "a b\"}");
        browser.press("Find");

        assertThat(browser.text("[role=alert]")).contains("letters, digits, dots, dashes or underscores");
    }
}
