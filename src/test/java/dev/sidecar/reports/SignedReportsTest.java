package dev.sidecar.reports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.LeftOut;
import dev.sidecar.reports.ReportDocument.Change;
import dev.sidecar.reports.ReportRefused.Reason;
import dev.sidecar.sets.Envelope;
import dev.sidecar.sets.Sha256;
import dev.sidecar.sets.Signatures;
import dev.sidecar.sets.TestSets;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A report is signed, changed in every way that a stranger could change it, and checked from its files alone. */
class SignedReportsTest {

    private static final JsonMapper JSON = JsonMapper.shared();

    @TempDir
    private Path folder;

    private SampleReports sample;

    @BeforeEach
    void start() {
        sample = new SampleReports(folder);
        sample.drilled("LOG-1", Finding.held("All 2 sources delivered.").with(List.of("api: 3 s", "nginx: 5 s")));
        sample.drilled("BKP-1", Finding.broken("The backup of shop is 30 h old."));
        sample.leftOut = List.of(new LeftOut(SampleReports.claim("LOG-7"), "The disk is somebody else's."));
    }

    @Test
    void aReportSaysWhoWhenAndWhatAndBothFilesBelongTogether() throws IOException {
        ReportDocument signed = sample.reports.sign();

        ReportCheck check = check(page(signed));

        assertThat(check.statement().document()).isEqualTo(signed);
        assertThat(signed.name()).isEqualTo("readiness-shop-20261127T210000Z");
        assertThat(signed.summary()).isEqualTo("1 of 3 proven; 1 broken; 1 left out");
        assertThat(signed.score()).isEqualTo(33);
        assertThat(signed.key()).isEqualTo(sample.signatures.keyId());
        assertThat(check.page()).isEqualTo(page(signed));
        assertThat(check(envelope(signed)).page()).isEqualTo(page(signed));
        assertThat(text(page(signed)))
                .contains("Readiness of shop", "1 of 3 proven", "The disk is somebody else&#39;s.", "nginx: 5 s");
    }

    /** Programs of others rely on this. */
    @Test
    void theEnvelopeHoldsAnInTotoStatementWithBothChecksums() throws IOException {
        ReportDocument signed = sample.reports.sign();

        Envelope envelope = Envelope.parse(Files.readAllBytes(envelope(signed)));
        JsonNode statement = JSON.readTree(envelope.payload());

        assertThat(envelope.payloadType()).isEqualTo("application/vnd.in-toto+json");
        assertThat(statement.path("_type").asString()).isEqualTo("https://in-toto.io/Statement/v1");
        assertThat(statement.path("predicateType").asString()).isEqualTo(Statement.PREDICATE_TYPE);
        assertThat(statement.path("subject").get(0).path("name").asString()).isEqualTo(signed.name());
        assertThat(statement
                        .path("subject")
                        .get(0)
                        .path("digest")
                        .path("sha256")
                        .asString())
                .isEqualTo(Sha256.of(statement.path("predicate").toString().getBytes(StandardCharsets.UTF_8)));
        assertThat(statement.path("subject").get(1).path("name").asString()).isEqualTo(signed.name() + ".html");
        assertThat(statement
                        .path("subject")
                        .get(1)
                        .path("digest")
                        .path("sha256")
                        .asString())
                .isEqualTo(Sha256.of(Files.readAllBytes(page(signed))));
        assertThat(statement
                        .path("predicate")
                        .path("proofs")
                        .get(2)
                        .path("evidence")
                        .asString())
                .isEqualTo("The backup of shop is 30 h old.");
    }

    @Test
    void withoutThePageTheDataAreCheckedAndThePageIsSaidToBeMissing() throws IOException {
        ReportDocument signed = sample.reports.sign();
        Files.delete(page(signed));

        assertThat(check(envelope(signed)).page()).isNull();
    }

    @Test
    void aPageWithoutItsSignatureIsNoReport() throws IOException {
        ReportDocument signed = sample.reports.sign();
        Files.delete(envelope(signed));

        refused(page(signed), Reason.NOT_A_REPORT, "put " + signed.id() + ".intoto.json next to it");
    }

    @Test
    void aChangedPageIsNoticedByEitherFile() throws IOException {
        ReportDocument signed = sample.reports.sign();
        Files.writeString(page(signed), text(page(signed)).replace("30 h old", "3 h old"));

        refused(page(signed), Reason.CHANGED, "not the page that was signed");
        refused(envelope(signed), Reason.CHANGED, "not the page that was signed");
    }

    /** A genuine page of last month under the signature of today. */
    @Test
    void aPageOfAnotherReportIsNoticed() throws IOException {
        ReportDocument first = sample.reports.sign();
        sample.clock.tick(Duration.ofDays(30));
        sample.drilled("BKP-1", Finding.held("The backup of shop is 3 h old."));
        ReportDocument second = sample.reports.sign();
        Files.copy(page(second), page(first), java.nio.file.StandardCopyOption.REPLACE_EXISTING);

        refused(page(first), Reason.CHANGED, "belongs to another report than " + first.id());
    }

    @Test
    void aFlippedBitAnywhereInTheDataIsNoticed() throws IOException {
        ReportDocument signed = sample.reports.sign();
        byte[] good = Files.readAllBytes(envelope(signed));
        int noticed = 0;
        for (int at = 0; at < good.length; at += Math.max(1, good.length / 500)) {
            byte[] bad = good.clone();
            bad[at] ^= 1;
            try {
                ReportCheck.envelope(bad, sample.signatures.knownKeys());
                assertThat(sameMeaning(good, bad)).as("byte %d", at).isTrue();
            } catch (ReportRefused e) {
                noticed++;
            }
        }
        assertThat(noticed).isGreaterThan(450);
    }

    /** The name of the key is a hint that nothing depends on, and base64 has bits that nothing means. */
    private static boolean sameMeaning(byte[] good, byte[] bad) {
        Envelope first = Envelope.parse(good);
        Envelope second = Envelope.parse(bad);
        return java.util.Arrays.equals(first.payload(), second.payload())
                && first.payloadType().equals(second.payloadType())
                && java.util.Arrays.equals(
                        first.seals().get(0).signature(), second.seals().get(0).signature());
    }

    static Stream<Arguments> forgeries() {
        return Stream.of(
                forgery("another type of statement", s -> s.replace("Statement/v1", "Statement/v0.1"), "_type"),
                forgery("another predicate", s -> s.replace("readiness-report:v1", "sbom:v1"), "predicateType"),
                forgery("no subject", s -> s.replace("\"subject\"", "\"object\""), "subjects"),
                forgery("a subject without the page", s -> s.replace(".html\"", ".htm\""), "two subjects"),
                forgery("two subjects of one name", s -> s.replace("Z.html\"", "Z\""), "two subjects have one name"),
                forgery(
                        "a checksum that is none",
                        s -> s.replaceFirst("\"sha256\":\"[0-9a-f]{64}\"", "\"sha256\":\"x\""),
                        "no SHA-256"),
                forgery("no predicate", s -> s.replace("\"predicate\":", "\"other\":"), "no readiness report"),
                forgery(
                        "a name that leads elsewhere",
                        s -> s.replace("\"stack\":\"shop\"", "\"stack\":\"../shop\""),
                        "no readiness report"),
                forgery("a score of words", s -> s.replace("\"score\":33", "\"score\":\"all\""), "no readiness report"),
                forgery(
                        "a member twice",
                        s -> s.replace("{\"_type\"", "{\"_type\":\"x\",\"_type\""),
                        "cannot be read"));
    }

    private static Arguments forgery(String name, UnaryOperator<String> change, String reason) {
        return Arguments.of(name, change, reason);
    }

    /** Signed by a key that is trusted, and still no report: another program's statement, or one of a future version. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("forgeries")
    void whatIsSignedMustBeAReport(String name, UnaryOperator<String> change, String reason) throws IOException {
        ReportDocument signed = sample.reports.sign();
        String statement =
                new String(Envelope.parse(Files.readAllBytes(envelope(signed))).payload(), StandardCharsets.UTF_8);
        String changed = change.apply(statement);
        assertThat(changed).isNotEqualTo(statement);
        Files.write(envelope(signed), seal(changed).file());

        refused(envelope(signed), Reason.NOT_A_REPORT, reason);
    }

    @Test
    void aPredicateThatIsNotTheSubjectIsNoticed() throws IOException {
        ReportDocument signed = sample.reports.sign();
        String statement =
                new String(Envelope.parse(Files.readAllBytes(envelope(signed))).payload(), StandardCharsets.UTF_8);
        Files.write(
                envelope(signed),
                seal(statement.replace("\"score\":33", "\"score\":100")).file());

        refused(envelope(signed), Reason.CHANGED, "not the one whose checksum");
    }

    private Envelope seal(String statement) {
        return sample.signatures.seal(Statement.PAYLOAD_TYPE, statement.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void anotherPayloadTypeIsRefusedThoughTheSignatureFits() throws IOException {
        ReportDocument signed = sample.reports.sign();
        byte[] payload = Envelope.parse(Files.readAllBytes(envelope(signed))).payload();
        Files.write(
                envelope(signed),
                sample.signatures.seal("text/plain\u001b[2J", payload).file());

        refused(envelope(signed), Reason.NOT_A_REPORT, "payloadType is 'text/plain\\u001b[2J'");
    }

    @Test
    void aStrangersReportIsRefusedAndADoubleSignatureNot(@TempDir Path elsewhere) throws IOException {
        ReportDocument signed = sample.reports.sign();
        Signatures stranger = TestSets.signatures(Map.of("signing.directory", elsewhere.toString()));
        Envelope good = Envelope.parse(Files.readAllBytes(envelope(signed)));
        Envelope.Seal theirs =
                stranger.seal(good.payloadType(), good.payload()).seals().get(0);

        Files.write(envelope(signed), with(good, theirs).file());
        refused(envelope(signed), Reason.UNKNOWN_KEY, "it claims key " + stranger.keyId());

        Files.write(envelope(signed), with(good, theirs, good.seals().get(0)).file());
        assertThat(check(envelope(signed)).strangers()).containsExactly(stranger.keyId());

        Files.write(
                envelope(signed),
                with(good, good.seals().get(0), new Envelope.Seal(sample.signatures.keyId(), theirs.signature()))
                        .file());
        refused(envelope(signed), Reason.CHANGED, "does not fit");

        Files.write(
                envelope(signed),
                with(good, new Envelope.Seal("\u001b[31m", new byte[64])).file());
        refused(envelope(signed), Reason.UNKNOWN_KEY, "\\u001b[31m");
    }

    private static Envelope with(Envelope envelope, Envelope.Seal... seals) {
        return new Envelope(envelope.payloadType(), envelope.payload(), List.of(seals));
    }

    @Test
    void whatIsLargerThanAnyReportIsNotRead() throws IOException {
        ReportDocument signed = sample.reports.sign();
        try (RandomAccessFile page = new RandomAccessFile(page(signed).toFile(), "rw")) {
            page.setLength(ReportFolder.LARGEST_PAGE + 1L);
        }
        refused(envelope(signed), Reason.NOT_A_REPORT, "larger than any report (8 MB)");
        try (RandomAccessFile envelope = new RandomAccessFile(envelope(signed).toFile(), "rw")) {
            envelope.setLength(10L << 30);
        }
        refused(envelope(signed), Reason.NOT_A_REPORT, "larger than any report (8 MB)");
    }

    @Test
    void bothFormsSayWhatChangedSinceTheLastOne() throws IOException {
        ReportDocument first = sample.reports.sign();
        assertThat(first.since()).isNull();
        assertThat(text(page(first))).contains("This is the first signed report.");
        sample.clock.tick(Duration.ofDays(30));
        sample.drilled("BKP-1", Finding.held("The backup of shop is 3 h old."));
        sample.drilled("LOG-2", Finding.held("Found."));
        sample.leftOut = List.of();

        ReportDocument second = sample.reports.sign();

        assertThat(second.since())
                .isEqualTo(new ReportDocument.Changes(
                        first.id(),
                        first.at(),
                        33,
                        67,
                        List.of(new Change("BKP-1", "broken", "held")),
                        List.of("LOG-2"),
                        List.of("LOG-7")));
        assertThat(text(page(second)))
                .contains(
                        "Since report 20261127T210000Z of 2026-11-27 21:00 UTC: the score rose from 33 % to 100 %, 1 proof stands differently.")
                .contains("<b>BKP-1</b>\n was broken, is held")
                .contains("New proofs: LOG-2.")
                .contains("Proofs that no longer exist: LOG-7.");
        assertThat(check(page(second)).statement().document().since()).isEqualTo(second.since());
    }

    /** Somebody makes the last report look worse, so that the next one looks better. */
    @Test
    void aKeptReportThatWasChangedIsNotComparedWith() throws IOException {
        sample.reports.sign();
        sample.clock.tick(Duration.ofDays(1));
        ReportDocument second = sample.reports.sign();
        Files.writeString(envelope(second), "{}");
        sample.clock.tick(Duration.ofDays(1));

        assertThat(sample.reports.sign().since())
                .extracting(ReportDocument.Changes::id)
                .isEqualTo("20261127T210000Z");
    }

    @Test
    void twoReportsOfOneSecondAreTwo() throws IOException {
        assertThat(sample.reports.sign().id()).isEqualTo("20261127T210000Z");
        ReportDocument second = sample.reports.sign();
        assertThat(second.id()).isEqualTo("20261127T210000Z-2");
        assertThat(sample.reports.ids()).containsExactly("20261127T210000Z-2", "20261127T210000Z");
        assertThat(check(page(second)).statement().document().id()).isEqualTo(second.id());
    }

    @Test
    void whatIsOlderThanTheLimitGoesButNeverTheNewestNorMuchAtOnce() throws IOException {
        for (int day = 0; day < 15; day++) {
            sample.reports.sign();
            sample.clock.tick(Duration.ofDays(1));
        }
        assertThat(sample.reports.expire(Duration.ofDays(13))).isEqualTo(2);
        assertThat(sample.reports.ids()).hasSize(13).doesNotContain("20261128T210000Z");
        assertThat(folder.resolve("20261128T210000Z.html")).doesNotExist();

        sample.clock.set("2099-01-01T00:00:00Z");
        assertThat(sample.reports.expire(Duration.ofDays(13)))
                .as("the clock has jumped")
                .isEqualTo(10);
        sample.reports.expire(Duration.ofDays(13));
        assertThat(sample.reports.ids()).containsExactly("20261211T210000Z");
    }

    @Test
    void theFolderIsBoundedHoweverOftenSomebodySigns() throws IOException {
        for (int n = 0; n < 505; n++) {
            Files.writeString(folder.resolve("20261126T%02d%02d00Z.intoto.json".formatted(n / 60, n % 60)), "{}");
        }
        assertThat(sample.reports.expire(Duration.ofDays(400))).isEqualTo(5);
        assertThat(sample.reports.ids()).hasSize(500).doesNotContain("20261126T000400Z");
    }

    @Test
    void otherUsersCannotLookIntoTheFolder() throws IOException {
        SampleReports fresh = new SampleReports(folder.resolve("made"));
        fresh.reports.sign();

        assertThat(Files.getPosixFilePermissions(folder.resolve("made"))).hasSize(3);
    }

    /** Names, errors and reasons are written by strangers. */
    @Test
    void textOfStrangersIsTextInThePage() throws IOException {
        String hostile = "</style></p><script>alert(1)</script><img src=x onerror=alert(1)> & \" ' \u202e \u001b[2J";
        sample.drilled("BKP-1", Finding.broken("%s", hostile).with(List.of(hostile)));
        sample.leftOut = List.of(new LeftOut(SampleReports.claim("LOG-7"), hostile));
        ReportDocument signed = sample.reports.sign();

        String page = text(page(signed));
        assertThat(page)
                .doesNotContain("<script", "<img", "\u202e", "\u001b")
                .contains("&lt;script&gt;alert(1)&lt;/script&gt;");
        assertThat(page.split("</style>")).hasSize(2);
        assertThat(check(page(signed)).statement().document()).isEqualTo(signed);
    }

    @Test
    void thePageLoadsNothingAndItsPolicyForbidsIt() throws IOException {
        String page = text(page(sample.reports.sign()));

        assertThat(page)
                .contains("default-src 'none'")
                .doesNotContain("http:", "https:", "url(", "@import", "<link", "<script", "src=", "href=");
    }

    @Test
    void aLongReportStaysOneThatCanBeChecked() throws IOException {
        for (int n = 0; n < 100; n++) {
            sample.drilled(
                    "LOG-" + n,
                    Finding.broken("x".repeat(100_000)).with(java.util.Collections.nCopies(5_000, "y".repeat(300))));
        }
        ReportDocument signed = sample.reports.sign();

        assertThat(check(page(signed)).statement().document().proofs().size()).isEqualTo(101);
        assertThat(signed.proofs().get(0).details()).hasSize(101).last().isEqualTo("… and 4900 more");
    }

    @Test
    void theDaysBeforeOutliveARestart() throws IOException {
        sample.clock.tick(Duration.ofDays(1));
        sample.drilled("BKP-1", Finding.held("fine"));
        sample.drilled("BKP-1", Finding.inconclusive("no answer"));
        sample.drilled("BKP-1", Finding.notConfigured("set it up"));
        sample.verdicts.close();

        SampleReports after = new SampleReports(folder);
        after.clock.set("2026-11-28T23:00:00Z");
        after.drilled("BKP-1", Finding.held("fine"));
        ReportDocument signed = after.reports.sign();

        ReportDocument.Row row = signed.history().proofs().get("BKP-1");
        assertThat(signed.history().to()).isEqualTo(LocalDate.parse("2026-11-28"));
        assertThat(signed.history().from()).isEqualTo(LocalDate.parse("2026-08-31"));
        assertThat(row.days()).isEqualTo(90);
        assertThat(row.of(88)).isEqualTo(new DayCount(0, 1, 0));
        assertThat(row.of(89)).isEqualTo(new DayCount(2, 0, 1));
        assertThat(row.of(0)).isEqualTo(DayCount.NONE);
        assertThat(text(folder.resolve(signed.id() + ".html")))
                .contains("2 of 4 drills held; 1 inconclusive; 1 broken, on 2026-11-27; none on 88 of 90 days");
    }

    @Test
    void aDayThatCannotBeReadIsEmptyAndKeepsNothingFromBeingSigned() throws IOException {
        sample.verdicts.close();
        Files.writeString(folder.resolve("verdicts/2026-11-27.json"), "{\"BKP-1\":");
        SampleReports after = new SampleReports(folder);
        after.clock.tick(Duration.ofDays(1));
        after.drilled("BKP-1", Finding.held("fine"));

        ReportDocument.Row row = after.reports.sign().history().proofs().get("BKP-1");
        assertThat(row.of(88)).isEqualTo(DayCount.NONE);
        assertThat(row.of(89)).isEqualTo(new DayCount(1, 0, 0));
    }

    @Test
    void oldDaysGo() throws IOException {
        sample.clock.tick(Duration.ofDays(3));
        sample.drilled("BKP-1", Finding.held("fine"));
        sample.verdicts.save();
        assertThat(sample.verdicts.expire(sample.clock.instant(), Duration.ofDays(2)))
                .isEqualTo(1);
        assertThat(folder.resolve("verdicts/2026-11-27.json")).doesNotExist();
        assertThat(folder.resolve("verdicts/2026-11-30.json")).exists();
    }

    private ReportCheck check(Path file) throws IOException {
        return ReportCheck.of(file, sample.signatures.knownKeys());
    }

    private void refused(Path file, Reason reason, String words) {
        assertThatThrownBy(() -> check(file))
                .isInstanceOf(ReportRefused.class)
                .hasMessageContaining(words)
                .extracting(e -> ((ReportRefused) e).reason())
                .isEqualTo(reason);
    }

    private Path page(ReportDocument signed) {
        return folder.resolve(signed.id() + ".html");
    }

    private Path envelope(ReportDocument signed) {
        return folder.resolve(signed.id() + ".intoto.json");
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file);
    }
}
