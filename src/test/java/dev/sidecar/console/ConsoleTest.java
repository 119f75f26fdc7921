package dev.sidecar.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sidecar.SidecarApplication;
import dev.sidecar.support.PostgresServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** The console as a person uses it: a real browser, the whole sidecar, a real database. */
class ConsoleTest {

    private static final String PASSWORD = "correct-horse-battery";
    private static final List<String> PAGES = List.of(
            "/readiness",
            "/reports",
            "/backups",
            "/recovery",
            "/alerts",
            "/requests?id=demo-1",
            "/runbooks/BackupLate.md");

    @TempDir
    static Path folder;

    private static PostgresServer server;
    private static String database;
    private static ConfigurableApplicationContext sidecar;
    private static String base;
    private static Browser browser;

    @BeforeAll
    static void start() throws Exception {
        server = PostgresServer.start();
        database = server.createDatabase("shop");
        server.execute(
                database,
                "CREATE TABLE orders (id serial PRIMARY KEY, note text)",
                "INSERT INTO orders (note) SELECT 'order ' || i FROM generate_series(1, 5000) i");
        Path dumps = Files.createDirectories(folder.resolve("dumps"));
        Path dump = Files.writeString(dumps.resolve("<b>shop.sql"), "CREATE TABLE orders (id int);");
        Files.setLastModifiedTime(dump, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
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
                "--sidecar.dumps.sources.nightly.folder=" + dumps,
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
        browser.awaitText("#proof-MET-1 .badge", "not set up");

        assertThat(browser.text("#proof-MET-1")).contains("set sidecar.rules.prometheus-url");
        assertThat(browser.text("#proof-LOG-2")).contains("set LOKI_URL");
        assertThat(browser.text(".headline"))
                .containsPattern("\\d+ of 45 proven")
                .contains("not set up");
        assertThat(browser.all(".ring .arc.not_set_up")).hasSize(1);
        assertThat(browser.all(".proof.not_set_up .badge.held")).isEmpty();
    }

    @Test
    void aProofIsProvenNowAndThePageFollows() {
        browser.open("/readiness");
        browser.awaitText("#proof-SEC-6 .badge", "held");
        String before = browser.attribute("#proof-SEC-6 time", "datetime");

        browser.pressIn("#proof-SEC-6", "Prove now");

        awaitDrillSince(before, browser);
    }

    @Test
    void aReportIsSignedAndBothOfItsFilesAreThere() throws Exception {
        browser.open("/readiness");
        browser.press("Signed reports");
        browser.press("Sign a report now");

        assertThat(browser.text("[role=status]")).startsWith("Signed report ");
        String page = browser.attribute(".proof a", "href");
        assertThat(page).endsWith("Z.html");
        assertThat(browser.namesOf(".proof a")).contains("Page of " + page.replaceAll(".*/|\\.html", ""));
        assertThat(folder.resolve("access" + page.replace("/api", ""))).exists();
        browser.picture("reports");
    }

    @Test
    void aBackupIsTakenVerifiedAndRestoredIntoANewDatabase() throws Exception {
        browser.open("/backups");
        browser.press("Take a backup now");
        browser.awaitText("#tasks", "done");
        browser.open("/backups");
        browser.awaitText(".proof .badge", "L4");
        assertThat(browser.text(".proof .evidence")).isEqualTo("restored and equal to the manifest");
        assertThat(browser.text("main")).containsPattern("If it failed now, you would lose the last .+ of changes");
        browser.picture("backups");

        browser.pressIn(".proof", "Restore…");
        browser.type("into", "shop_again");
        browser.picture("restore");
        browser.press("Restore into new database");
        browser.awaitText("#tasks", "restore");
        browser.awaitText("#tasks .card", "done");

        assertThat(server.query("shop_again", "SELECT count(*) FROM orders")).containsExactly("5000");
        browser.open("/readiness");
        browser.pressIn("#proof-BKP-5", "Prove now");
        browser.awaitText("#proof-BKP-5 .badge", "held");
        browser.picture("readiness-of-backups");
    }

    @Test
    void aDumpOfOthersIsShownAndRestoredOnceMore() throws Exception {
        browser.open("/backups");
        browser.pressIn("#dumps", "Restore now");
        assertThat(browser.text("[role=status]")).startsWith("The newest dump of nightly is being restored");

        await().atMost(Duration.ofMinutes(2)).untilAsserted(() -> {
            browser.open("/backups");
            assertThat(browser.text("#dumps")).contains("nightly: <b>shop.sql", "restored", "with 1 table.");
        });
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
        browser.type("consent", "without");
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
        await().untilAsserted(() -> assertThat(browser.address()).endsWith("/backups"));
    }

    /** The password's field has the focus; from there on only the keyboard is used. */
    @Test
    void aPersonWithoutAMouseLogsInAndProvesSomething() {
        try (Browser keyboard = new Browser(base)) {
            keyboard.open("/login").keys(PASSWORD, Keys.ENTER);
            keyboard.awaitText("h1", "Readiness");
            keyboard.awaitText("#proof-SEC-6 .badge", "held");
            String before = keyboard.attribute("#proof-SEC-6 time", "datetime");

            for (int tabs = 0; tabs < 200 && !keyboard.focusedName().endsWith("SEC-6"); tabs++) {
                keyboard.keys(Keys.TAB);
            }
            assertThat(keyboard.focusedName()).isEqualTo("Prove now: SEC-6");
            keyboard.keys(Keys.ENTER);

            awaitDrillSince(before, keyboard);
            assertThat(keyboard.focusedName()).endsWith("SEC-6");
        }
    }

    /** Who is reading is not made to start again by the page that follows the system. */
    @Test
    void whatSomebodyHasUnfoldedStaysSoAndKeepsTheFocus() throws Exception {
        browser.open("/readiness");
        browser.awaitText("#proof-SEC-6 .badge", "held");
        browser.click("#proof-SEC-6 summary");
        String unfolded = browser.focusedId();
        String before = browser.attribute("#proof-SEC-6 time", "datetime");

        send("/api/report/drills/SEC-6");
        awaitDrillSince(before, browser);

        assertThat(browser.attribute("#proof-SEC-6 details", "open")).isNotNull();
        assertThat(browser.focusedId()).isEqualTo(unfolded).isEqualTo("evidence-SEC-6");
    }

    /** The summary is replaced each time that the page asks. */
    @Test
    void theLinksOfTheSummaryKeepTheFocus() {
        browser.open("/readiness");
        for (int tabs = 0; tabs < 50 && !browser.focusedId().equals("to-security"); tabs++) {
            browser.keys(Keys.TAB);
        }
        String asked = browser.attribute("#poller", "hx-vals");

        await().until(() -> browser.attribute("#poller", "hx-vals"), asks -> !asked.equals(asks));

        assertThat(browser.focusedId()).isEqualTo("to-security");
    }

    private static void awaitDrillSince(String before, Browser page) {
        await().atMost(Duration.ofMinutes(1))
                .until(() -> page.attribute("#proof-SEC-6 time", "datetime"), when -> !before.equals(when));
    }

    @Test
    void whateverCanBeUsedHasAName() {
        for (String page : PAGES) {
            browser.open(page);
            assertThat(browser.namesOf("a, button, input:not([type=hidden]), select, progress, svg[role=img]"))
                    .as(page)
                    .isNotEmpty()
                    .noneMatch(String::isBlank);
        }
    }

    @Test
    void everythingThatIsDoneLeavesALineOfWhoWhatAndResult() throws Exception {
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.list = new CopyOnWriteArrayList<>();
        lines.start();
        List<Logger> loggers = List.of(
                (Logger) LoggerFactory.getLogger("audit"), (Logger) LoggerFactory.getLogger("dev.sidecar.access"));
        loggers.forEach(logger -> logger.addAppender(lines));
        try (Browser other = new Browser(base)) {
            other.logIn("guess");
            // A click returns before its request is sent, and the browser must not go to another page before.
            other.logIn(PASSWORD).press("Prove all now");
            awaitLine(lines, "action=prove now ");
            other.open("/backups").press("Take a backup now");
            other.awaitText("#tasks .card", "done");
            other.open("/backups").pressIn(".proof", "Pin");
            other.awaitText("[role=status]", "Pinned ");
            other.open("/reports").press("Sign a report now");
            other.awaitText("[role=status]", "Signed report ");
            other.press("Log out");
            awaitLine(lines, "action=log out ");
            send("/api/report/drills/SEC-6");
        } finally {
            loggers.forEach(logger -> logger.detachAppender(lines));
        }

        assertThat(lines.list)
                .extracting(ConsoleTest::line)
                .contains(
                        "action=log in result=refused: wrong user or password",
                        "who=admin action=log in result=accepted",
                        "who=admin action=prove now what=all proofs result=started",
                        "who=admin action=take backup what=" + database + " result=accepted",
                        "who=admin action=log out result=accepted",
                        "who=admin action=POST what=/api/report/drills/SEC-6 result=202")
                .anyMatch(line -> line.startsWith("who=admin action=pin backup what=" + database))
                .anyMatch(line -> line.matches("who=admin action=sign report what=\\S+ result=signed"));
    }

    private static String line(ILoggingEvent event) {
        return event.getKeyValuePairs().stream()
                .filter(pair -> !pair.key.equals("client_ip"))
                .map(pair -> pair.key + "=" + pair.value)
                .collect(Collectors.joining(" "));
    }

    private static void awaitLine(ListAppender<ILoggingEvent> lines, String words) {
        await().atMost(Duration.ofMinutes(2))
                .until(() -> lines.list.stream().map(ConsoleTest::line).anyMatch(line -> line.contains(words)));
    }

    private static void send(String path) throws Exception {
        String login = Base64.getEncoder().encodeToString(("admin:" + PASSWORD).getBytes(StandardCharsets.UTF_8));
        HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(base + path))
                                .header("Authorization", "Basic " + login)
                                .POST(BodyPublishers.noBody())
                                .build(),
                        BodyHandlers.discarding());
    }

    @Test
    void canBeReadInTheDark() throws Exception {
        try {
            for (boolean dark : new boolean[] {true, false}) {
                browser.dark(dark);
                for (String page : PAGES) {
                    browser.open(page);
                    // The colours of a page that was just opened may still be on their way.
                    await().alias("%s, dark: %s".formatted(page, dark))
                            .untilAsserted(() -> assertThat(browser.faint()).isEmpty());
                }
            }
        } finally {
            browser.dark(false);
        }
    }

    @Test
    void fitsOnATelephoneAndComplainsOfNothing() throws Exception {
        browser.complaints();
        try {
            browser.size(360, 800);
            for (String page : PAGES) {
                browser.open(page);
                assertThat(browser.overflow()).as(page).isZero();
                assertThat(browser.loaded()).as(page).allMatch(address -> address.startsWith(base));
            }
            // The longest word of all pages is the name of an alert.
            browser.open("/runbooks/UnauthorizedAccessAttempts.md");
            assertThat(browser.overflow()).isZero();
            browser.open("/readiness").picture("readiness-narrow");
            assertThat(browser.complaints()).isEmpty();
        } finally {
            browser.size(1200, 900);
        }
    }

    @Test
    void everyAlertsPageIsShown() {
        browser.open("/runbooks/BackupLate.md");

        assertThat(browser.text("h1")).isEqualTo("BackupLate");
        assertThat(browser.text("main")).contains("Fix.").doesNotContain("**");
        // One button for each block that is to be typed.
        assertThat(browser.text("main")).containsPattern("(?s)Copy.*backup/sidecar.sh list");
    }

    @Test
    void anAddressWithoutAPageSaysSo() {
        browser.open("/runbooks");

        assertThat(browser.text("main")).contains("There is no page at this address", "Back to the readiness page");
        browser.open("/backups/none/pin");
        assertThat(browser.text("main")).contains("Not possible", "Nothing was done.");
        browser.complaints();
    }

    @Test
    void aRequestIdThatIsNoneIsRefusedInWords() throws Exception {
        browser.open("/requests");
        assertThat(browser.text("main")).contains("Logs are not set up");
        browser.type("id", "a b\"}");
        browser.press("Find");

        assertThat(browser.text("[role=alert]")).contains("letters, digits, dots, dashes or underscores");
    }
}
